"""The first server, rebuilt from the frozen contract as FastAPI's tutorial would write it. It runs where FastAPI is.

What the contract forbids and FastAPI allows (text with NUL, UTF-16, NaN) is left as FastAPI has it.
"""

from datetime import UTC, datetime
from uuid import uuid4

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field, StrictBool

app = FastAPI()
tasks: dict[str, "Task"] = {}


class TaskCreate(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    description: str | None = None


class TaskUpdate(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = None
    completed: StrictBool | None = None


class Task(BaseModel):
    id: str
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime


@app.get("/tasks")
def list_tasks() -> list[Task]:
    return list(tasks.values())


@app.post("/tasks", status_code=201)
def create_task(body: TaskCreate) -> Task:
    now = datetime.now(UTC)
    task = Task(id=str(uuid4()), completed=False, created_at=now, updated_at=now, **body.model_dump())
    tasks[task.id] = task
    return task


@app.put("/tasks/{task_id}")
def update_task(task_id: str, body: TaskUpdate) -> Task:
    if task_id not in tasks:
        raise HTTPException(status_code=404, detail="Task not found")
    changes = body.model_dump(exclude_none=True) | {"updated_at": datetime.now(UTC)}
    tasks[task_id] = tasks[task_id].model_copy(update=changes)
    return tasks[task_id]


@app.delete("/tasks/{task_id}", status_code=204)
def delete_task(task_id: str) -> None:
    if task_id not in tasks:
        raise HTTPException(status_code=404, detail="Task not found")
    del tasks[task_id]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "healthy", "database": "connected"}
