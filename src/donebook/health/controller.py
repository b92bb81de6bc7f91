"""`/health`: for people, load balancers and the first clients."""

from typing import Any, Literal

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.migrations import State
from donebook.health import service
from donebook.health.contract import Health, Live, NotReady, Ready, Unhealthy
from donebook.openapi import answers
from donebook.problems import Unavailable

DISCONNECTED = "The database cannot be reached"
STATES: dict[State | None, Literal["pending", "ahead"]] = {State.PENDING: "pending", State.AHEAD: "ahead"}
WHY = {
    None: DISCONNECTED,
    State.PENDING: "The database lacks migrations that this version needs; run `donebook database upgrade`",
    State.AHEAD: "The database was migrated by a newer version of Donebook; run that version",
}


class HealthController(Controller):
    """Three questions: does it work, does it live, may it get traffic."""

    path = "/health"
    tags = ["Health"]

    @get(
        operation_id="getHealth",
        summary="Whether the service works",
        responses={
            **answers(),
            503: ResponseSpec(Unhealthy, description="The database does not answer", generate_examples=False),
        },
    )
    async def get_health(self, db_engine: NamedDependency[AsyncEngine]) -> Response[Health]:
        """Whether the service works, its database included."""
        if await service.answers(db_engine):
            return Response(Health(status="healthy", database="connected"))
        return unavailable(Unhealthy(status="unhealthy", database="disconnected", detail=DISCONNECTED))

    @get(
        "/live",
        operation_id="getLiveness",
        summary="Whether the process lives",
        responses=answers(),
        sync_to_thread=False,
    )
    def get_liveness(self) -> Live:
        """Whether the process answers. Never asks the database, so that a probe lets a serverless one sleep."""
        return Live(status="alive")

    @get(
        "/ready",
        operation_id="getReadiness",
        summary="Whether the service may get traffic",
        responses={
            **answers(),
            503: ResponseSpec(NotReady, description="Not ready, and why", generate_examples=False),
        },
    )
    async def get_readiness(self, db_engine: NamedDependency[AsyncEngine]) -> Response[Ready]:
        """Whether the database answers and has the migrations that this version needs."""
        state = await service.migrated(db_engine)
        if state is State.CURRENT:
            return Response(Ready(status="ready", database="connected", migrations="current"))
        return unavailable(
            NotReady(
                status="not ready",
                database="disconnected" if state is None else "connected",
                migrations=STATES.get(state, "unknown"),
                detail=WHY[state],
            )
        )


def unavailable(body: Unhealthy | NotReady) -> Response[Any]:
    """The answer that keeps traffic away for a while."""
    return Response(body, status_code=503, headers={"Retry-After": str(Unavailable.retry_after)})
