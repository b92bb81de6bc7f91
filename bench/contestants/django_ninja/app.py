"""Tasks with Django Ninja, its asynchronous handlers and Django's ORM on psycopg 3.

https://django-ninja.dev/tutorial/other/crud/ and https://django-ninja.dev/guides/async-support/, with the pool of
https://docs.djangoproject.com/en/stable/ref/databases/#connection-pool. Settings, model and API are in one file.
"""

import os
import uuid
from datetime import datetime
from urllib.parse import urlsplit

import django
from django.conf import settings

url = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": url.hostname,
            "PORT": url.port,
            "USER": url.username,
            "PASSWORD": url.password,
            "NAME": url.path[1:],
            "OPTIONS": {"pool": True},
        }
    },
)
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.shortcuts import aget_object_or_404  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import Field, NinjaAPI, Schema, Status  # noqa: E402


class Task(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(null=True)
    completed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "tasks"
        db_table = "tasks"


class TaskOut(Schema):
    id: uuid.UUID
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime


class TaskIn(Schema):
    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(None, max_length=50_000)
    completed: bool = False


class TaskPatch(Schema):
    title: str | None = Field(None, min_length=1, max_length=200)
    description: str | None = Field(None, max_length=50_000)
    completed: bool | None = None


api = NinjaAPI()


@api.get("/tasks", response=list[TaskOut])
async def list_tasks(request, limit: int = Field(50, le=200), q: str | None = None):
    tasks = Task.objects.order_by("created_at")
    if q is not None:
        tasks = tasks.filter(title__icontains=q)
    return [task async for task in tasks[:limit]]


@api.post("/tasks", response={201: TaskOut})
async def create_task(request, payload: TaskIn):
    return Status(201, await Task.objects.acreate(**payload.dict()))


@api.get("/tasks/{task_id}", response=TaskOut)
async def get_task(request, task_id: uuid.UUID):
    return await aget_object_or_404(Task, id=task_id)


@api.patch("/tasks/{task_id}", response=TaskOut)
async def update_task(request, task_id: uuid.UUID, payload: TaskPatch):
    task = await aget_object_or_404(Task, id=task_id)
    for name, value in payload.dict(exclude_unset=True).items():
        setattr(task, name, value)
    await task.asave()
    return task


@api.delete("/tasks/{task_id}", response={204: None})
async def delete_task(request, task_id: uuid.UUID):
    task = await aget_object_or_404(Task, id=task_id)
    await task.adelete()
    return Status(204, None)


urlpatterns = [path("", api.urls)]
app = get_asgi_application()
