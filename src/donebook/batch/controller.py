"""`/api/v1/batch`: many operations in one request."""

from litestar import Controller, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from donebook.batch.operations import EXAMPLE_BATCHES, EXAMPLE_RESULTS, Batch, BatchResult, BatchResults
from donebook.batch.service import BatchService
from donebook.idempotency import provide_key
from donebook.openapi import BODY, FOUND, KEY, WRITE, answers, examples
from donebook.preconditions import refuse_condition
from donebook.problems import BadPrecondition, IdTaken, Stale
from donebook.tasks.shape import shape


class BatchController(Controller):
    """Batches."""

    path = "/api/v1/batch"
    tags = ["Tasks v1"]

    @post(
        status_code=200,
        operation_id="applyBatch",
        summary="Do up to 100 things at once",
        response_description="All of it has happened",
        responses=answers(*BODY, *KEY, BadPrecondition, *FOUND, Stale, *WRITE, IdTaken),
        guards=[refuse_condition],
        dependencies={"key": Provide(provide_key)},
        opt=examples(EXAMPLE_RESULTS, bodies=EXAMPLE_BATCHES),
    )
    async def apply_batch(self, batches: NamedDependency[BatchService], data: JSONBody[Batch]) -> BatchResults:
        """Do operations in their order: all of them happen, or none.

        When one cannot be done, the answer is what that one alone would get, with its place as `index`.
        `If-Match` is refused here: operations name the `version` that their task must have.
        """
        tasks = await batches.apply(data.operations)
        return BatchResults(results=[BatchResult(task=shape(task)) for task in tasks])
