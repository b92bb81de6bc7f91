"""What is counted, for Prometheus; `docs/operations.md` says what to make of it.

The names follow https://prometheus.io/docs/practices/naming/.
"""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

REQUESTS = Counter(
    "donebook_requests",
    "Requests answered; 499: the client left first",
    ["method", "route", "status"],
    registry=REGISTRY,
)
DURATION = Histogram(
    "donebook_request_duration_seconds",
    "From the request's first byte to the end of its answer",
    ["method", "route"],
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
IN_FLIGHT = Gauge("donebook_requests_in_flight", "Requests being answered", registry=REGISTRY)
POOL_SIZE = Gauge("donebook_pool_connections_max", "Database connections there may be", registry=REGISTRY)
POOL_OPEN = Gauge("donebook_pool_connections", "Database connections that are open", registry=REGISTRY)
POOL_USED = Gauge("donebook_pool_connections_in_use", "Database connections executing something", registry=REGISTRY)
ERRORS = Counter("donebook_database_errors", "Attempts that failed, by problem", ["problem"], registry=REGISTRY)
RETRIES = Counter("donebook_database_retries", "Attempts made again, by problem", ["problem"], registry=REGISTRY)
OUTAGES = Counter("donebook_database_outages", "Times the database became unreachable", registry=REGISTRY)
UNREACHABLE = Gauge("donebook_database_unreachable", "1 while the database cannot be reached", registry=REGISTRY)
CUT_OFF = Counter(
    "donebook_connections_cut", "Connections that were closed on a client, by reason", ["reason"], registry=REGISTRY
)
REPLAYS = Counter("donebook_idempotent_replays", "Answers given again for an idempotency key", registry=REGISTRY)
SUBSCRIBERS = Gauge("donebook_stream_subscribers", "Who follows the changes on this process", registry=REGISTRY)
EVENTS = Counter("donebook_stream_events", "Changes sent to those who follow them", registry=REGISTRY)
RECONNECTS = Counter(
    "donebook_stream_reconnects", "Times the connection on which changes are read was lost", registry=REGISTRY
)


@cache
def _requests(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@cache
def _duration(method: str, route: str) -> Histogram:
    return DURATION.labels(method, route)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request."""
    _requests(method, route, status).inc()
    _duration(method, route).observe(seconds)


def cut_off(reason: str) -> None:
    """Count a connection that was closed on its client."""
    CUT_OFF.labels(reason).inc()


def text() -> bytes:
    """Everything counted so far, in Prometheus's text format."""
    return generate_latest(REGISTRY)
