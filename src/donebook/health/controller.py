"""`/health`: for people, load balancers and the first clients."""

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook import metrics, problems
from donebook.db.migrations import AHEAD, State
from donebook.health import service
from donebook.health.contract import Health, Live, NotReady, Ready, Unhealthy
from donebook.openapi import answers, examples
from donebook.problems import Busy, Problem, Unavailable

HEALTHY = Health(status="healthy", database="connected")
ALIVE = Live(status="alive")
READY = Ready(status="ready", database="connected", migrations="current")
BUSY = Ready(status="ready", database="busy", migrations="unknown")
DISCONNECTED = "The database cannot be reached"
PENDING = "The database lacks migrations that this version needs; run `donebook database upgrade`"


def not_ready(found: State | Problem) -> NotReady:
    """Why there should be no traffic."""
    return NotReady(
        status="not ready",
        database="connected" if isinstance(found, State | problems.NotReady) else "disconnected",
        migrations="pending" if found is State.PENDING else "ahead" if found is State.AHEAD else "unknown",
        detail=_detail(found),
    )


def _detail(found: State | Problem) -> str:
    if isinstance(found, Problem):
        return found.detail if isinstance(found, problems.NotReady) else DISCONNECTED
    return PENDING if found is State.PENDING else AHEAD[0].upper() + AHEAD[1:]


UNHEALTHY = Unhealthy(status="unhealthy", database="disconnected", detail=DISCONNECTED)


class HealthController(Controller):
    """Three questions: does it work, does it live, may it get traffic."""

    path = "/health"
    tags = ["Health"]

    @get(
        operation_id="getHealth",
        summary="Whether the service works",
        responses={
            **answers(),
            503: ResponseSpec(
                Unhealthy,
                description="The database does not answer",
                generate_examples=False,
                examples=[Example(value=UNHEALTHY)],
            ),
        },
        response_description="It works",
        opt=examples(HEALTHY),
    )
    async def get_health(self, db_engine: NamedDependency[AsyncEngine]) -> Response[Health]:
        """Whether the service works, its database included."""
        if await service.answers(db_engine):
            return Response(HEALTHY)
        return unavailable(UNHEALTHY)

    @get(
        "/live",
        operation_id="getLiveness",
        summary="Whether the process lives",
        response_description="It lives",
        responses=answers(),
        opt=examples(ALIVE),
        sync_to_thread=False,
    )
    def get_liveness(self) -> Live:
        """Whether the process answers. Never asks the database, so that a probe lets a serverless one sleep."""
        return ALIVE

    @get(
        "/ready",
        operation_id="getReadiness",
        summary="Whether the service may get traffic",
        responses={
            **answers(),
            503: ResponseSpec(
                NotReady,
                description="Not ready, and why",
                generate_examples=False,
                examples=[Example(value=not_ready(State.PENDING))],
            ),
        },
        response_description="It may get traffic",
        opt=examples(READY),
    )
    async def get_readiness(self, db_engine: NamedDependency[AsyncEngine]) -> Response[Ready]:
        """Whether the database answers and has the migrations that this version needs.

        A server whose connections are all in use stays ready: without its share of the traffic, the others are too.
        """
        state = await service.readiness(db_engine)
        if state is State.CURRENT:
            return Response(READY)
        if type(state) is Busy:
            return Response(BUSY)
        return unavailable(not_ready(state))


def unavailable(body: Unhealthy | NotReady) -> Response[Any]:
    """The answer that keeps traffic away for a while."""
    return Response(body, status_code=503, headers={"Retry-After": str(Unavailable.retry_after)})


@get(
    "/metrics",
    operation_id="getMetrics",
    summary="What is counted",
    tags=["Health"],
    media_type=metrics.CONTENT_TYPE,
    response_description="Prometheus's text format",
    responses=answers(),
    opt=examples("donebook_database_unreachable 0.0\n"),
    sync_to_thread=False,
)
def get_metrics() -> bytes:
    """What is counted, for Prometheus. Asks nothing of the database."""
    return metrics.text()
