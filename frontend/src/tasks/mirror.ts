import type { Change } from "../api/changes";
import type { Task } from "../api/client";
import type { Key, ShownTask } from "./actions";

export type Mirror = ReadonlyMap<Key, ShownTask>;

/** The two names of the tasks that this page added: ours, which rows and wishes hold on to, and the server's. */
export class Names {
  readonly #ids = new Map<Key, string>();
  readonly #keys = new Map<string, Key>();

  bind(key: Key, id: string): void {
    this.#ids.set(key, id);
    this.#keys.set(id, key);
  }

  id = (key: Key): string => this.#ids.get(key) ?? key;
  key = (id: string): Key => this.#keys.get(id) ?? id;
}

/**
 * The server's list, as a mirror. What did not change stays the same object, the mirror itself included, so that nothing
 * is done again, and a task that is `held` (someone is editing it) stays in its place even when the server no longer has
 * it. It is marked as `gone` then.
 */
export function reflect(list: Task[], before: Mirror, names: Names, held: (key: Key) => boolean): Mirror {
  const after = new Map<Key, ShownTask>();
  const places = before.keys();
  let news = list.length !== before.size;
  for (const task of list) {
    const key = names.key(task.id);
    const old = before.get(key);
    const kept = old && same(old, task) ? old : task;
    news ||= kept !== old || places.next().value !== key;
    after.set(key, kept);
  }
  if (!news) return before;
  const lost = [...before.keys()].filter((key) => !after.has(key) && held(key));
  return lost.length === 0 ? after : withHeld(after, before, lost);
}

/**
 * The mirror after one change, or undefined when the change cannot be laid over it and the list has to be read. What the
 * mirror knows already, from a newer list or answer, is not undone.
 */
export function overlay(
  change: Change,
  before: Mirror,
  names: Names,
  held: (key: Key) => boolean,
): Mirror | undefined {
  const { op, diff, at, entity_id: id } = change;
  const key = names.key(id);
  const old = before.get(key);
  if (old && op !== "delete" && old.updated_at >= at) return before;
  if (op === "delete" || diff.deleted_at?.[1]) return lost(before, key, held);
  if (!old && diff.deleted_at?.[0]) return undefined; // out of the trash, back to its place
  if (!old && op === "update") return before; // gone since, as the list knows
  const members = Object.entries(diff).filter(([name]) => old === undefined || name in old);
  const after = Object.fromEntries(members.map(([name, [, value]]) => [name, value]));
  return new Map(before).set(key, { ...old, ...after, id, updated_at: at, gone: false } as ShownTask);
}

/** The mirror with what the server said of one task, unless it knows something newer. */
export function learnt(before: Mirror, key: Key, task: Task): Mirror {
  const old = before.get(key);
  if (old && (old.updated_at > task.updated_at || same(old, task))) return before;
  return new Map(before).set(key, task);
}

/** The mirror once a task was deleted elsewhere. */
export function lost(before: Mirror, key: Key, held: (key: Key) => boolean): Mirror {
  const old = before.get(key);
  if (!old) return before;
  return held(key) ? new Map(before).set(key, { ...old, gone: true }) : without(before, key);
}

/** The mirror without one task. */
export function without(mirror: Mirror, key: Key): Mirror {
  const rest = new Map(mirror);
  rest.delete(key);
  return rest;
}

function withHeld(after: Mirror, before: Mirror, lost: Key[]): Mirror {
  const order = [...after.keys()];
  const old = [...before.keys()];
  for (const key of lost) {
    const previous = old.slice(0, old.indexOf(key)).findLast((it) => order.includes(it));
    order.splice(previous === undefined ? 0 : order.indexOf(previous) + 1, 0, key);
  }
  const gone = (key: Key) => ({ ...before.get(key), gone: true }) as ShownTask;
  return new Map(order.map((key) => [key, after.get(key) ?? gone(key)]));
}

function same(a: ShownTask, b: Task): boolean {
  return (
    !a.gone &&
    a.updated_at === b.updated_at &&
    a.title === b.title &&
    a.description === b.description &&
    a.completed === b.completed
  );
}
