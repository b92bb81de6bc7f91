"""`/api/v1/…/undo`: changes are taken back."""

import re
from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter

from donebook.db.models import Versions
from donebook.idempotency import provide_key
from donebook.openapi import BODY, KEY, MATCH, WRITE, answers, examples
from donebook.preconditions import provide_versions, refuse_condition
from donebook.problems import BadPrecondition, ChangedSince, ChangeNotFound, Erased, Forgotten
from donebook.undo.bodies import EXAMPLE_RANGE, EXAMPLE_UNDONE, Undone, UndoRange
from donebook.undo.service import UndoService
from donebook.undo.shape import shape

Seq = Annotated[str, PathParameter(description="The change's `seq`", examples=[Example(value="2")])]
NUMBER = re.compile("[1-9][0-9]{0,18}", re.ASCII)
REFUSED = (ChangeNotFound, Forgotten, ChangedSince, Erased)


class UndoController(Controller):
    """Undo. What it does is a change as well, which can be undone."""

    path = "/api/v1"
    tags = ["Changes"]
    dependencies = {"key": Provide(provide_key)}

    @post(
        "/changes/{seq:str}/undo",
        status_code=200,
        operation_id="undoChange",
        summary="Take a change back",
        response_description="It is taken back",
        responses=answers(*KEY, *MATCH, *REFUSED, *WRITE),
        dependencies={"versions": Provide(provide_versions, sync_to_thread=False)},
        opt=examples(EXAMPLE_UNDONE),
    )
    async def undo_change(
        self, undo: NamedDependency[UndoService], versions: NamedDependency[Versions], seq: Seq
    ) -> Undone:
        """Bring what a change moved back to what it was, unless the same members moved since.

        Members that this change did not move stay as they are. A task that was created goes, one that was deleted
        comes back with its id and its place; only what was deleted for good does not.
        """
        if not NUMBER.fullmatch(seq) or int(seq) >= 2**63:
            raise ChangeNotFound
        return await taken_back(undo, int(seq), int(seq), versions=versions)

    @post(
        "/undo",
        status_code=200,
        operation_id="undoChanges",
        summary="Take back what a request did",
        response_description="They are taken back",
        responses=answers(*BODY, *KEY, BadPrecondition, *REFUSED, *WRITE),
        guards=[refuse_condition],
        opt=examples(EXAMPLE_UNDONE, body=EXAMPLE_RANGE),
    )
    async def undo_changes(self, undo: NamedDependency[UndoService], data: JSONBody[UndoRange]) -> Undone:
        """The same for changes in a row that one request made, such as a batch: all are taken back, or none.

        `If-Match` is refused here: it would be about one task.
        """
        return await taken_back(undo, data.first, data.last)


async def taken_back(undo: UndoService, first: int, last: int, *, versions: Versions = None) -> Undone:
    """What taking changes back has changed."""
    changes = await undo.undo(first, last, versions=versions)
    return Undone(changes=[shape(change, undo.entities) for change in changes])
