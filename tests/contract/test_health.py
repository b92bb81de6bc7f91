"""`GET /health`, when all is well; for when it is not, see `test_outages.py`."""

import pytest

from tests.contract.expect import refused


async def test_a_healthy_service_says_so_in_the_words_of_the_contract(client):
    answer = await client.get("/health")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"status": "healthy", "database": "connected"}


async def test_health_is_never_kept_in_a_cache(client):
    assert (await client.get("/health")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["?verbose=1", "?", "?x=%00"])
async def test_a_query_changes_nothing(client, query: str):
    assert (await client.get(f"/health{query}")).json() == {"status": "healthy", "database": "connected"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_health_is_only_read(client, method: str):
    refused(await client.request(method, "/health"), 405)
