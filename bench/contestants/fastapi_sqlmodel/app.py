"""Tasks with FastAPI, SQLModel and asyncpg, as their tutorials write it.

https://fastapi.tiangolo.com/tutorial/sql-databases/ and https://sqlmodel.tiangolo.com/tutorial/fastapi/, with the
asynchronous session of `sqlmodel.ext.asyncio` and the engine's default pool.
"""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Query
from sqlalchemy import DateTime
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession


def now() -> datetime:
    return datetime.now(UTC)


class TaskBase(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=50_000)
    completed: bool = False


class Task(TaskBase, table=True):
    __tablename__ = "tasks"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), index=True)
    updated_at: datetime = Field(
        default_factory=now, sa_type=DateTime(timezone=True), sa_column_kwargs={"onupdate": now}
    )


class TaskPublic(TaskBase):
    id: UUID
    created_at: datetime
    updated_at: datetime


class TaskCreate(TaskBase):
    pass


class TaskUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=50_000)
    completed: bool | None = None


engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"))


async def get_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
app = FastAPI()


@app.get("/tasks", response_model=list[TaskPublic])
async def read_tasks(session: SessionDep, limit: Annotated[int, Query(le=200)] = 50, q: str | None = None):
    statement = select(Task).order_by(col(Task.created_at)).limit(limit)
    if q is not None:
        statement = statement.where(col(Task.title).icontains(q, autoescape=True))
    return (await session.exec(statement)).all()


@app.post("/tasks", response_model=TaskPublic, status_code=201)
async def create_task(task: TaskCreate, session: SessionDep):
    db_task = Task.model_validate(task)
    session.add(db_task)
    await session.commit()
    await session.refresh(db_task)
    return db_task


@app.get("/tasks/{task_id}", response_model=TaskPublic)
async def read_task(task_id: UUID, session: SessionDep):
    task = await session.get(Task, task_id)
    if not task:
        raise HTTPException(status_code=404, detail="Task not found")
    return task


@app.patch("/tasks/{task_id}", response_model=TaskPublic)
async def update_task(task_id: UUID, task: TaskUpdate, session: SessionDep):
    db_task = await session.get(Task, task_id)
    if not db_task:
        raise HTTPException(status_code=404, detail="Task not found")
    db_task.sqlmodel_update(task.model_dump(exclude_unset=True))
    session.add(db_task)
    await session.commit()
    await session.refresh(db_task)
    return db_task


@app.delete("/tasks/{task_id}", status_code=204)
async def delete_task(task_id: UUID, session: SessionDep):
    task = await session.get(Task, task_id)
    if not task:
        raise HTTPException(status_code=404, detail="Task not found")
    await session.delete(task)
    await session.commit()
