import type { Task, TaskPatch, VersionedTask } from "../api/client";
import type { Failure } from "../api/failure";

/** Names a task in this page for as long as the page lives; the server's id, or our own until there is one. */
export type Key = string;

export const TEXTS = ["title", "description"] as const;
export type TextName = (typeof TEXTS)[number];

export interface Fields {
  title?: string;
  description?: string;
  completed?: boolean;
}

/** What a person has seen in the texts that an edit replaces, including what they wrote there themselves. */
export type Seen = Partial<Record<TextName, readonly string[]>>;

/** A task as the page shows it. */
export interface ShownTask extends Task {
  /** Somebody else deleted it while it was being edited here. */
  gone?: boolean;
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
  /** For an edit of texts: replace what is listed here and nothing else. A tick replaces whatever there is. */
  readonly seen?: Seen;
  /** The version to lay an edit over; unknown until the task has been read. */
  readonly version?: number;
  /** The task as it was wished for, should it have to be written anew. */
  readonly whole: Pick<Task, "title" | "description">;
};
export type Delete = Common & {
  readonly kind: "delete";
  /** The texts that the person meant to delete. */
  readonly whole: Pick<Task, "title" | "description">;
};

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

export function change(key: Key, task: Task, fields: Fields, seen?: Seen): Change {
  const { title, description } = { ...task, ...fields };
  return {
    kind: "change",
    id: newId(),
    key,
    title: task.title,
    fields,
    ...(seen && { seen }),
    whole: { title, description },
    state: "waiting",
  };
}

export function deletion(key: Key, task: Task): Delete {
  const { title, description } = task;
  return { kind: "delete", id: newId(), key, title, whole: { title, description }, state: "waiting" };
}

/** A text of a task; a missing description is an empty one. */
export function textOf(task: Pick<Task, TextName>, name: TextName): string {
  return task[name] ?? "";
}

/** True when both tasks say the same. */
export function sameTexts(a: Pick<Task, TextName>, b: Pick<Task, TextName>): boolean {
  return TEXTS.every((name) => textOf(a, name) === textOf(b, name));
}

/** The texts that an edit would replace although the person has never seen them. */
export function collisions({ fields, seen }: Change, current: Pick<Task, TextName>): TextName[] {
  return TEXTS.filter((name) => {
    const text = textOf(current, name);
    return seen && name in fields && fields[name] !== text.trim() && !seen[name]?.includes(text);
  });
}

/** The same edit of a task whose texts the person has seen now. It is another request, so it gets another id. */
export function rebased(edit: Change, current: VersionedTask): Change {
  const seen = Object.fromEntries(
    TEXTS.map((name) => [name, [...(edit.seen?.[name] ?? []), textOf(current, name)]]),
  );
  return { ...edit, id: newId(), seen, version: current.version };
}

/** The body of an edit: an empty description is none. */
export function patchOf({ title, description, completed }: Fields): TaskPatch {
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description: description === "" ? null : description }),
    ...(completed !== undefined && { completed }),
  };
}

/** What the person sees: the server's tasks with every wish that has not failed applied, in their order. */
export function project(
  base: ReadonlyMap<Key, ShownTask>,
  actions: readonly Action[],
): ReadonlyMap<Key, ShownTask> {
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

function apply(task: ShownTask | undefined, action: Action): ShownTask | undefined {
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
  const left = lacking(older, Object.keys(newer.fields));
  return left === older ? older : left && { ...left, id: newId() };
}

/** A change without some of its fields, or undefined when none is left. */
export function lacking(change: Change, names: readonly string[]): Change | undefined {
  const fields = Object.entries(change.fields).filter(([name]) => !names.includes(name));
  if (fields.length === Object.keys(change.fields).length) return change;
  return fields.length === 0 ? undefined : { ...change, fields: Object.fromEntries(fields) };
}
