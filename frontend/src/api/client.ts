import createClient from "openapi-fetch";
import { Failure } from "./failure";
import type { components, paths } from "./schema";

export type Task = components["schemas"]["BaselineTask"];
/** A task with its version, which `If-Match` names. */
export type VersionedTask = components["schemas"]["Task"];
export type TaskCreate = components["schemas"]["BaselineTaskCreate"];
export type TaskUpdate = components["schemas"]["BaselineTaskUpdate"];
export type TaskPatch = components["schemas"]["TaskPatch"];

const PATIENCE_MS = 20_000;
const client = createClient<paths>({ baseUrl: location.origin });
const patience = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });
const once = (key: string) => ({ "Idempotency-Key": key });
/** By this the page knows its own changes again when it is told of them. */
const named = (key: string) => ({ ...patience(), headers: { "X-Request-ID": key } });

/**
 * The server, as the store sees it. Every call resolves to the answer or rejects with a Failure. A write's key makes it
 * happen once, however often it is sent.
 */
export const api = {
  list: (): Promise<Task[]> => answer(client.GET("/tasks", patience())),
  add: (body: TaskCreate, key: string): Promise<Task> =>
    answer(client.POST("/tasks", { body, params: { header: once(key) }, ...named(key) })),
  change: (id: string, body: TaskUpdate, key: string): Promise<Task> =>
    answer(
      client.PUT("/tasks/{task_id}", {
        body,
        params: { path: { task_id: id }, header: once(key) },
        ...named(key),
      }),
    ),
  read: (id: string): Promise<VersionedTask> =>
    answer(client.GET("/api/v1/tasks/{task_id}", { params: { path: { task_id: id } }, ...patience() })),
  /** Change a task unless it has another version by now; then the Failure holds the task as it is (`current`). */
  edit: (id: string, body: TaskPatch, version: number, key: string): Promise<VersionedTask> =>
    answer(
      client.PATCH("/api/v1/tasks/{task_id}", {
        body,
        params: { path: { task_id: id }, header: { ...once(key), "If-Match": `"${version}"` } },
        ...named(key),
      }),
    ),
  remove: async (id: string, key: string): Promise<void> => {
    await answer(
      client.DELETE("/tasks/{task_id}", {
        params: { path: { task_id: id }, header: once(key) },
        ...named(key),
      }),
    );
  },
};

export type Api = typeof api;

interface Reply<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

async function answer<T>(call: Promise<Reply<T>>): Promise<T> {
  const reply = await call.catch((cause: unknown) => {
    throw Failure.unanswered(cause);
  });
  if (!reply.response.ok) throw Failure.refused(reply.response.status, reply.error);
  return reply.data as T;
}
