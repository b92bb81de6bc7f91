"""The statement that finds tasks; `find_tasks` does it (`donebook.db.sql`), and is asked in one round trip."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, Boolean, Integer, Text, Uuid, bindparam, text

from donebook.db import rows
from donebook.db.models import TIME
from donebook.db.statement import WORKSPACE, Statement
from donebook.tasks.listing import columns
from donebook.tasks.models import Task

ARGUMENTS: dict[str, Any] = {
    WORKSPACE: Uuid(),
    **dict.fromkeys(("ranks", "loosest", "looser"), ARRAY(Text)),
    "numbers": ARRAY(Integer),
    **dict.fromkeys(("words", "words_end", "begins", "begins_end", "ends", "ends_end", "slips", "long"), ARRAY(Text)),
    "completed": Boolean(),
    "since": TIME,
    "limit": BigInteger(),
}
"""What the function takes, in its order: whose tasks, `Query.values`, and then what may be null but for the limit."""
# OFFSET 0 keeps the planner from reading all tasks to join them with the few that are found.
SQL = f"""
SELECT {columns()}, rank
FROM find_tasks({", ".join(f":{name}" for name in ARGUMENTS)}) AS found,
    LATERAL (SELECT * FROM tasks WHERE workspace_id = :{WORKSPACE} AND id = found.task OFFSET 0) AS tasks
ORDER BY rank, tasks.id
"""  # noqa: S608 - made of names that are written here


def _find() -> Statement[Task]:
    binds: list[BindParameter[Any]] = [bindparam(name, type_=kind) for name, kind in ARGUMENTS.items()]
    rows.learn(["rank"])
    return Statement(text(SQL).bindparams(*binds), model=Task, writes=False)


FIND = _find()
"""Up to so many tasks that match, best first, each with its `rank`; `completed` and `since` may be null."""
