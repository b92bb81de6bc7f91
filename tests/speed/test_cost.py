"""What a request costs a process of Donebook, compared with FastAPI + SQLModel at the same time on the same machine.

Processor time, not the clock's: other work on the machine takes from both. What a process waits for is counted in
`tests/database/test_round_trips.py`.
"""

from collections import defaultdict
from collections.abc import Iterator

import psutil
import pytest
from bench import compare
from bench.cluster import Cluster
from bench.contestant import CREATE, DONEBOOK, FASTAPI, GET, LIST, SEARCH, UPDATE
from bench.serving import serving
from bench.warm import warm

TASKS, CONNECTIONS, ROUNDS, TIMES = 100, 8, 2, 20
MOST = {LIST: 0.4, GET: 0.42, SEARCH: 0.45, UPDATE: 0.25, CREATE: 0.25}
"""The share of the other's processor time that an operation may take. At last it took 0.25, 0.29, 0.27, 0.15, 0.13."""

pytestmark = pytest.mark.alone

type Costs = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def costs(cluster, admin_url, tmp_path_factory) -> Iterator[Costs]:
    """Seconds of processor time that each took for the same requests, in turns, both warm."""
    folder, postgres = tmp_path_factory.mktemp("cost"), Cluster(cluster.url, admin_url)
    compare.prepare(postgres, (DONEBOOK, FASTAPI), TASKS)
    found: Costs = defaultdict(lambda: dict.fromkeys(MOST, 0.0))
    with (
        serving(DONEBOOK, postgres.of(compare.template(DONEBOOK)), folder) as ours,
        serving(FASTAPI, postgres.of(compare.template(FASTAPI)), folder) as theirs,
    ):
        for measured in range(-1, ROUNDS):
            for one, servers in ((DONEBOOK, ours), (FASTAPI, theirs)):
                process = psutil.Process(servers.processes[0].pid)
                for operation in MOST:
                    before = process.cpu_times()
                    request = one.requests[operation]
                    warm(servers.ports, request, (1, TASKS), connections=CONNECTIONS, times=TIMES)
                    after = process.cpu_times()
                    if measured >= 0:
                        found[one.name][operation] += after.user + after.system - before.user - before.system
        yield found
    for one in (DONEBOOK, FASTAPI):
        postgres.drop(compare.template(one))


@pytest.mark.parametrize("operation", MOST)
def test_a_request_costs_less_than_with_fastapi_and_sqlmodel(costs, operation):
    ours, theirs = costs[DONEBOOK.name][operation], costs[FASTAPI.name][operation]
    assert ours / theirs <= MOST[operation], f"{ours:.2f} s, the other {theirs:.2f} s"
