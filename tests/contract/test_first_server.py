"""The first server's own tests, as its authors would have written them: they pass on that server and on this one."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
NOT_FOUND = {"detail": "Task not found"}


@pytest.fixture(params=["first_server", "server"])
def api(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client of each server, with no tasks."""
    with httpx.Client(base_url=request.getfixturevalue(request.param).url, timeout=30) as http:
        for task in http.get("/tasks").json():
            http.delete(f"/tasks/{task['id']}")
        yield http


def create(api: httpx.Client, **members: object) -> dict[str, object]:
    response = api.post("/tasks", json={"title": "Test task", **members})
    assert response.status_code == 201
    task: dict[str, object] = response.json()
    return task


class TestCreate:
    def test_create_task(self, api):
        response = api.post("/tasks", json={"title": "Buy milk", "description": "Two bottles"})
        assert response.status_code == 201
        data = response.json()
        assert data["title"] == "Buy milk"
        assert data["description"] == "Two bottles"
        assert data["completed"] is False
        assert set(data) == {"id", "title", "description", "completed", "created_at", "updated_at"}

    def test_create_task_without_description(self, api):
        response = api.post("/tasks", json={"title": "Buy milk"})
        assert response.status_code == 201
        assert response.json()["description"] is None

    def test_create_task_with_null_description(self, api):
        response = api.post("/tasks", json={"title": "Buy milk", "description": None})
        assert response.status_code == 201
        assert response.json()["description"] is None

    def test_create_task_ignores_completed(self, api):
        response = api.post("/tasks", json={"title": "Buy milk", "completed": True})
        assert response.status_code == 201
        assert response.json()["completed"] is False

    def test_create_task_has_timestamps(self, api):
        data = create(api)
        assert data["created_at"]
        assert data["created_at"] == data["updated_at"]

    def test_create_tasks_have_unique_ids(self, api):
        assert create(api)["id"] != create(api)["id"]

    def test_create_task_with_title_of_max_length(self, api):
        response = api.post("/tasks", json={"title": "x" * 200})
        assert response.status_code == 201

    def test_create_task_with_long_description(self, api):
        assert create(api, description="x" * 10_000)["description"] == "x" * 10_000


class TestList:
    def test_list_is_empty(self, api):
        response = api.get("/tasks")
        assert response.status_code == 200
        assert response.json() == []

    def test_list_in_order_of_creation(self, api):
        created = [create(api, title=title) for title in ("b", "a", "c")]
        assert api.get("/tasks").json() == created


class TestUpdate:
    def test_update_title(self, api):
        task = create(api, description="Kept")
        response = api.put(f"/tasks/{task['id']}", json={"title": "Changed"})
        assert response.status_code == 200
        assert response.json()["title"] == "Changed"
        assert response.json()["description"] == "Kept"

    def test_update_description(self, api):
        task = create(api)
        response = api.put(f"/tasks/{task['id']}", json={"description": "Changed"})
        assert response.status_code == 200
        assert response.json()["description"] == "Changed"

    def test_update_completed(self, api):
        task = create(api)
        assert api.put(f"/tasks/{task['id']}", json={"completed": True}).json()["completed"] is True
        assert api.put(f"/tasks/{task['id']}", json={"completed": False}).json()["completed"] is False

    def test_update_with_nothing(self, api):
        task = create(api)
        response = api.put(f"/tasks/{task['id']}", json={})
        assert response.status_code == 200
        assert response.json() == task | {"updated_at": response.json()["updated_at"]}

    def test_update_with_nulls(self, api):
        task = create(api, description="Kept")
        response = api.put(f"/tasks/{task['id']}", json={"title": None, "description": None, "completed": None})
        assert response.status_code == 200
        assert response.json()["title"] == task["title"]
        assert response.json()["description"] == "Kept"

    def test_update_moves_updated_at(self, api):
        task = create(api)
        data = api.put(f"/tasks/{task['id']}", json={"title": "Changed"}).json()
        assert data["updated_at"] > task["updated_at"]
        assert data["created_at"] == task["created_at"]

    def test_update_is_listed(self, api):
        task = create(api)
        data = api.put(f"/tasks/{task['id']}", json={"title": "Changed"}).json()
        assert api.get("/tasks").json() == [data]


class TestDelete:
    def test_delete_task(self, api):
        task = create(api)
        response = api.delete(f"/tasks/{task['id']}")
        assert response.status_code == 204
        assert response.content == b""
        assert api.get("/tasks").json() == []

    def test_delete_leaves_the_others(self, api):
        first, second = create(api), create(api)
        api.delete(f"/tasks/{first['id']}")
        assert api.get("/tasks").json() == [second]

    def test_delete_twice(self, api):
        task = create(api)
        assert api.delete(f"/tasks/{task['id']}").status_code == 204
        response = api.delete(f"/tasks/{task['id']}")
        assert response.status_code == 404
        assert response.json() == NOT_FOUND


class TestNotFound:
    def test_update_unknown_task(self, api):
        response = api.put(f"/tasks/{uuid4()}", json={"title": "Changed"})
        assert response.status_code == 404
        assert response.json() == NOT_FOUND
        assert response.headers["content-type"] == "application/json"

    def test_delete_unknown_task(self, api):
        response = api.delete(f"/tasks/{UNKNOWN}")
        assert response.status_code == 404
        assert response.json() == NOT_FOUND

    def test_id_that_is_no_uuid(self, api):
        for response in (api.put("/tasks/999", json={}), api.delete("/tasks/not-a-uuid")):
            assert response.status_code == 404
            assert response.json() == NOT_FOUND

    def test_no_single_read(self, api):
        response = api.get(f"/tasks/{create(api)['id']}")
        assert response.status_code == 405
        assert set(response.json()) == {"detail"}


class TestValidation:
    def test_create_without_title(self, api):
        response = api.post("/tasks", json={})
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/json"
        error = response.json()["detail"][0]
        assert error["type"] == "missing"
        assert error["loc"] == ["body", "title"]
        assert error["msg"] == "Field required"

    def test_create_with_empty_title(self, api):
        response = api.post("/tasks", json={"title": ""})
        assert response.status_code == 422
        error = response.json()["detail"][0]
        assert error["type"] == "string_too_short"
        assert error["loc"] == ["body", "title"]
        assert error["msg"] == "String should have at least 1 character"
        assert error["ctx"] == {"min_length": 1}

    def test_create_with_title_too_long(self, api):
        response = api.post("/tasks", json={"title": "x" * 201})
        assert response.status_code == 422
        error = response.json()["detail"][0]
        assert error["type"] == "string_too_long"
        assert error["loc"] == ["body", "title"]
        assert error["msg"] == "String should have at most 200 characters"

    def test_create_with_null_title(self, api):
        response = api.post("/tasks", json={"title": None})
        assert response.status_code == 422
        assert response.json()["detail"][0]["type"] == "string_type"
        assert response.json()["detail"][0]["msg"] == "Input should be a valid string"

    def test_create_with_several_errors(self, api):
        response = api.post("/tasks", json={"title": 1, "description": 2})
        assert response.status_code == 422
        assert [error["loc"] for error in response.json()["detail"]] == [["body", "title"], ["body", "description"]]
        assert api.get("/tasks").json() == []

    def test_update_with_empty_title(self, api):
        task = create(api)
        response = api.put(f"/tasks/{task['id']}", json={"title": ""})
        assert response.status_code == 422
        assert response.json()["detail"][0]["loc"] == ["body", "title"]
        assert api.get("/tasks").json() == [task]

    def test_update_with_completed_that_is_no_boolean(self, api):
        task = create(api)
        for value in ("yes", 1):
            response = api.put(f"/tasks/{task['id']}", json={"completed": value})
            assert response.status_code == 422
            error = response.json()["detail"][0]
            assert error["type"] == "bool_type"
            assert error["loc"] == ["body", "completed"]
            assert error["msg"] == "Input should be a valid boolean"

    def test_invalid_before_not_found(self, api):
        response = api.put(f"/tasks/{UNKNOWN}", json={"title": ""})
        assert response.status_code == 422

    def test_body_that_is_no_json(self, api):
        response = api.post("/tasks", content=b'{"title": ', headers={"content-type": "application/json"})
        assert response.status_code == 422
        error = response.json()["detail"][0]
        assert error["type"] == "json_invalid"
        assert error["loc"] == ["body", 10]
        assert error["msg"] == "JSON decode error"

    def test_body_that_is_no_object(self, api):
        response = api.post("/tasks", json=["Buy milk"])
        assert response.status_code == 422
        error = response.json()["detail"][0]
        assert error["type"] == "model_attributes_type"
        assert error["loc"] == ["body"]

    def test_body_that_is_missing(self, api):
        response = api.post("/tasks", headers={"content-type": "application/json"})
        assert response.status_code == 422
        error = response.json()["detail"][0]
        assert error["type"] == "missing"
        assert error["loc"] == ["body"]
