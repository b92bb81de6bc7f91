import type { Task } from "../api/client";
import type { Failure } from "../api/failure";

/** Names a task in this page for as long as the page lives; the server's id, or our own until there is one. */
export type Key = string;

export interface Fields {
  title?: string;
  description?: string;
  completed?: boolean;
}

interface Common {
  /** One per wish and kept on “try again”, so that the server can know a repetition for what it is. */
  readonly id: string;
  readonly key: Key;
  /** The task's title when the wish was made, for messages. */
  readonly title: string;
  readonly state: "waiting" | "sending" | "failed";
  /** Why it failed last; kept while it is tried again. */
  readonly failure?: Failure;
}

export type Add = Common & { readonly kind: "add"; readonly description: string | null; readonly at: string };
export type Change = Common & {
  readonly kind: "change";
  readonly fields: Fields;
  /** The task as it was wished for, should it have to be written anew. */
  readonly whole: Pick<Task, "title" | "description">;
};
export type Delete = Common & { readonly kind: "delete" };

/** Something a person asked for that the server has not confirmed. */
export type Action = Add | Change | Delete;

/** 128 random bits; `crypto.randomUUID` is missing on plain-HTTP addresses. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

export function addition(title: string, description: string | null = null): Add {
  const id = newId();
  return { kind: "add", id, key: id, title, description, state: "waiting", at: new Date().toISOString() };
}

export function change(key: Key, task: Task, fields: Fields): Change {
  const { title, description } = { ...task, ...fields };
  return {
    kind: "change",
    id: newId(),
    key,
    title: task.title,
    fields,
    whole: { title, description },
    state: "waiting",
  };
}

export function deletion(key: Key, task: Task): Delete {
  return { kind: "delete", id: newId(), key, title: task.title, state: "waiting" };
}

/** What the person sees: the server's tasks with every wish that has not failed applied, in their order. */
export function project(base: ReadonlyMap<Key, Task>, actions: readonly Action[]): ReadonlyMap<Key, Task> {
  if (actions.length === 0) return base;
  const view = new Map(base);
  for (const action of actions) {
    if (action.state === "failed") continue;
    const task = apply(view.get(action.key), action);
    if (task) view.set(action.key, task);
    else view.delete(action.key);
  }
  return view;
}

function apply(task: Task | undefined, action: Action): Task | undefined {
  if (action.kind === "delete") return undefined;
  if (action.kind === "change") return task && { ...task, ...action.fields };
  const { title, description, at } = action;
  return { id: "", title, description, completed: false, created_at: at, updated_at: at };
}

/**
 * The older wish without what the newer one decides, or undefined when nothing is left of it. What is left is another
 * request than the one that may have been sent, so it gets another id.
 */
export function without(older: Action, newer: Action): Action | undefined {
  if (older.key !== newer.key || older.id === newer.id) return older;
  if (older.kind === "delete") return newer.kind === "delete" ? undefined : older;
  if (older.kind !== "change" || newer.kind !== "change") return older;
  const names = Object.keys(older.fields) as (keyof Fields)[];
  const left = names.filter((name) => !(name in newer.fields));
  if (left.length === names.length) return older;
  if (left.length === 0) return undefined;
  const fields = Object.fromEntries(left.map((name) => [name, older.fields[name]]));
  return { ...older, id: newId(), fields };
}
