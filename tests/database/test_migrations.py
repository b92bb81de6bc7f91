"""The migrations make what the models say, and take it back without a trace, as an ordinary role."""

import asyncio

import asyncpg
from advanced_alchemy.alembic.commands import AlembicCommands
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db import migrations
from donebook.db.engine import create_migration_engine
from donebook.db.migrations import State
from donebook.db.models import Base, Entity
from tests.database.catalogue import NOTHING, catalogue, revisions
from tests.database.clusters import database


async def test_down_and_up_again_gives_the_same_database(empty):
    await upgrade(empty)
    first = await catalogue(empty)
    assert first["relation"]
    await downgrade(empty)
    assert await catalogue(empty) == NOTHING
    assert await revisions(empty) == []
    await upgrade(empty)
    assert await catalogue(empty) == first


async def test_an_upgrade_of_a_current_database_changes_nothing(migrated):
    before = await catalogue(migrated)
    await upgrade(migrated)
    assert await catalogue(migrated) == before


async def test_the_state_follows_the_revision(empty):
    assert await state(empty) is State.PENDING
    await upgrade(empty)
    assert await state(empty) is State.CURRENT
    await set_revision(empty, "from-the-future")
    assert await state(empty) is State.AHEAD


async def test_alembic_finds_nothing_to_generate(migrated):
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))

    engine = create_migration_engine(database(migrated).get_engine())
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_models_alone_would_make_the_same_tables(postgres, migrated):
    """Alembic does not compare checks, identities and the words of a default; the catalogue does."""
    wanted = await catalogue(migrated)
    url = await postgres.create()
    users = [str(default) for *_, default in wanted["column"]] + [str(index) for *_, index in wanted["index"]]
    await copy_functions(called(by=users, among=wanted["function"]), url)
    engine = create_migration_engine(database(url).get_engine())
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
    made = await catalogue(url)
    for kind in ("relation", "column", "constraint", "index", "type"):
        assert made[kind] == wanted[kind], kind


async def test_every_entity_is_touched_on_update(migrated):
    found = await catalogue(migrated)
    touched = {table for table, name, definition, enabled in found["trigger"] if (name, enabled) == ("touch", "O")}
    entities = {mapper.class_.__tablename__ for mapper in Base.registry.mappers if issubclass(mapper.class_, Entity)}
    assert touched == entities
    assert {name for name, kind in found["relation"] if kind == "r"} == set(Base.metadata.tables)


async def test_the_default_workspace_is_there(migrated):
    connection = await asyncpg.connect(migrated)
    assert [row["id"] for row in await connection.fetch("SELECT id FROM workspaces")] == [DEFAULT_WORKSPACE]
    await connection.close()


async def test_the_role_that_migrates_is_an_ordinary_one(migrated):
    connection = await asyncpg.connect(migrated)
    powers = "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
    (held,) = await connection.fetch(f"{powers} WHERE rolname = current_user")
    assert not any(held)
    await connection.close()


def called(*, by: list[str], among: set[tuple[object, ...]]) -> set[tuple[object, ...]]:
    """The functions that these texts call, and those that they call in turn."""
    found = {function for function in among if any(f"{function[0]}(" in text for text in by)}
    deeper = [str(definition).partition("(")[2] for _, definition in found]
    return found if not by else found | called(by=[text for text in deeper if text not in by], among=among - found)


async def upgrade(url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, database(url))


async def downgrade(url: str) -> None:
    await asyncio.to_thread(AlembicCommands(sqlalchemy_config=database(url)).downgrade, "base")


async def state(url: str) -> State:
    return migrations.state(await asyncio.to_thread(migrations.current_revision_now, database(url)))


async def set_revision(url: str, revision: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = $1", revision)
    await connection.close()


async def copy_functions(functions: set[tuple[object, ...]], url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET check_function_bodies = false")  # what they speak of may come later
    for _, definition in sorted(functions, key=str):  # but for those that name what they use by its identity
        await connection.execute(str(definition))
    await connection.close()
