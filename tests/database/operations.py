"""Every operation on one task, through the baseline and through `/api/v1`, to count what each costs the database."""

import uuid
from collections.abc import Awaitable, Callable

import httpx

V1 = "/api/v1/tasks"

type Made = Callable[[httpx.AsyncClient], Awaitable[str]]


async def nothing(_: httpx.AsyncClient) -> str:
    """What an operation begins with that needs no task."""
    return ""


async def task(http: httpx.AsyncClient) -> str:
    """The id of a new task."""
    made: str = (await http.post("/tasks", json={"title": "x", "description": "y"})).json()["id"]
    return made


async def done(http: httpx.AsyncClient) -> str:
    """The id of a new task that is done."""
    made = await task(http)
    await http.put(f"{V1}/{made}/completion")
    return made


async def trashed(http: httpx.AsyncClient) -> str:
    """The id of a new task in the trash."""
    made = await task(http)
    await http.delete(f"{V1}/{made}")
    return made


async def two(http: httpx.AsyncClient) -> str:
    """The ids of two new tasks."""
    return f"{await task(http)} {await task(http)}"


OPERATIONS: dict[str, tuple[Made, str, str, object]] = {
    "create": (nothing, "POST", "/tasks", {"title": "x", "description": "y"}),
    "list": (nothing, "GET", "/tasks", None),
    "update": (task, "PUT", "/tasks/{id}", {"title": "z", "completed": True}),
    "update nothing": (task, "PUT", "/tasks/{id}", {}),
    "delete": (task, "DELETE", "/tasks/{id}", None),
    "v1 add": (nothing, "POST", V1, {"title": "x", "completed": True}),
    "v1 add with an id": (nothing, "POST", V1, {"title": "x", "id": "{uuid7}"}),
    "v1 get": (task, "GET", V1 + "/{id}", None),
    "v1 edit": (task, "PATCH", V1 + "/{id}", {"title": "z", "description": None}),
    "v1 edit nothing": (task, "PATCH", V1 + "/{id}", {}),
    "v1 complete": (task, "PUT", V1 + "/{id}/completion", None),
    "v1 reopen": (done, "DELETE", V1 + "/{id}/completion", None),
    "v1 move": (two, "PUT", V1 + "/{other}/position", {"before": "{id}"}),
    "v1 trash": (task, "DELETE", V1 + "/{id}", None),
    "v1 restore": (trashed, "POST", V1 + "/{id}/restore", None),
    "v1 erase": (trashed, "DELETE", V1 + "/trash/{id}", None),
    "v1 page": (task, "GET", V1 + "?limit=50&sort=title", None),
    "v1 search": (task, "GET", V1 + "?q=x", None),
    "v1 history": (task, "GET", V1 + "/{id}/history", None),
}
"""What each begins with, its method, its path and its body."""


async def prepared(name: str, http: httpx.AsyncClient) -> httpx.Request:
    """The request of an operation, ready to be sent."""
    made, method, path, body = OPERATIONS[name]
    first, _, other = (await made(http)).partition(" ")
    if isinstance(body, dict):
        own = str(uuid.uuid4())
        values = {"{id}": first, "{uuid7}": f"{own[:14]}7{own[15:]}"}
        body = {member: values.get(str(value), value) for member, value in body.items()}
    return http.build_request(method, path.replace("{id}", first).replace("{other}", other), json=body)
