import type { Task } from "../api/client";
import type { Key } from "./actions";

export type Mirror = ReadonlyMap<Key, Task>;

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
 * The server's list, as a mirror. What did not change stays the same object, so that nothing is drawn again, and a task
 * that is `held` (someone is editing it) stays in its place even when the server no longer has it.
 */
export function reflect(list: Task[], before: Mirror, names: Names, held: (key: Key) => boolean): Mirror {
  const after = new Map<Key, Task>();
  for (const task of list) {
    const key = names.key(task.id);
    const old = before.get(key);
    after.set(key, old && same(old, task) ? old : task);
  }
  const lost = [...before.keys()].filter((key) => !after.has(key) && held(key));
  return lost.length === 0 ? after : withHeld(after, before, lost);
}

function withHeld(after: Mirror, before: Mirror, lost: Key[]): Mirror {
  const order = [...after.keys()];
  const old = [...before.keys()];
  for (const key of lost) {
    const previous = old.slice(0, old.indexOf(key)).findLast((it) => order.includes(it));
    order.splice(previous === undefined ? 0 : order.indexOf(previous) + 1, 0, key);
  }
  return new Map(order.map((key) => [key, (after.get(key) ?? before.get(key)) as Task]));
}

function same(a: Task, b: Task): boolean {
  return (
    a.updated_at === b.updated_at &&
    a.title === b.title &&
    a.description === b.description &&
    a.completed === b.completed
  );
}
