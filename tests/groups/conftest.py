"""What the tests of writes of the same moment share."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db.base import Session
from donebook.db.caller import Caller
from donebook.db.engine import create_engine
from donebook.db.limits import Limits
from donebook.db.pool import pool_of
from donebook.db.url import parse_database_url
from donebook.tasks.service import TaskService
from tests.groups.gathering import Asks


@pytest.fixture
async def engine(migrated_url) -> AsyncIterator[AsyncEngine]:
    """An engine of ten connections, none of them open yet."""
    made = create_engine(parse_database_url(migrated_url), Limits(pool_timeout=2))
    yield made
    assert pool_of(made).checkedout() == 0
    await made.dispose()


@pytest.fixture
async def other(migrated_url) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody else."""
    opened = await asyncpg.connect(migrated_url)
    yield opened
    await opened.close()


@pytest.fixture
def tasks(engine) -> Asks:
    """Tasks, as a request asks for them."""

    def asked(request: str = "-") -> TaskService:
        caller = Caller(workspace=DEFAULT_WORKSPACE, request_id=request)
        return TaskService(Session(engine, lambda: AsyncSession(engine)), caller=caller)

    return asked
