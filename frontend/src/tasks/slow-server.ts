import type { Api, Task, VersionedTask } from "../api/client";
import { Failure } from "../api/failure";

const AT = "2026-01-01T10:00:00.000000Z";

/** A server whose answers come when, and in the order in which, the test says so. */
export class SlowServer {
  stored = new Map<string, Task>();
  /** How often each task was written. */
  versions = new Map<string, number>();
  /** The answers to edits, by their keys. */
  replays = new Map<string, VersionedTask>();
  sent: {
    what: string;
    answer: () => void;
    fail: (failure: Failure) => void;
    lose: () => void;
  }[] = [];

  api: Api = {
    list: async () => {
      const seen = [...this.stored.values()];
      return this.#hold(`list`, () => seen);
    },
    add: ({ title }) =>
      this.#hold(`add ${title}`, () => {
        const id = `id-${title}`;
        return this.#put({ id, title, description: null, completed: false, created_at: AT, updated_at: AT });
      }),
    change: (id, body) =>
      this.#hold(`change ${id} ${JSON.stringify(body)}`, () => {
        const fields = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
        return this.#put({ ...(this.stored.get(id) as Task), ...fields });
      }),
    read: (id) => this.#hold(`read ${id}`, () => this.#versioned(id)),
    edit: (id, body, version, key) =>
      this.#hold(`edit ${id} ${JSON.stringify(body)} over ${version}`, () => {
        const replay = this.replays.get(key);
        if (replay) return replay;
        const current = this.#versioned(id);
        if (current.version !== version) throw Failure.stale(current);
        this.#put({ ...(this.stored.get(id) as Task), ...body });
        this.replays.set(key, this.#versioned(id));
        return this.#versioned(id);
      }),
    remove: (id) =>
      this.#hold(`remove ${id}`, () => {
        this.stored.delete(id);
      }),
  };

  has(...titles: string[]): this {
    for (const title of titles) {
      const id = `id-${title}`;
      this.#put({ id, title, description: null, completed: false, created_at: AT, updated_at: AT });
    }
    return this;
  }

  /** Somebody else changes a task. */
  others(id: string, fields: Partial<Task>): void {
    const task = this.stored.get(id) as Task;
    this.#put({ ...task, ...fields, updated_at: `${task.updated_at}+` });
  }

  /** What has been sent and not answered. */
  get waiting(): string[] {
    return this.sent.map((it) => it.what);
  }

  async answer(what?: string): Promise<void> {
    this.#take(what).answer();
    await rest();
  }

  /** Do it, and let the answer get lost. */
  async lose(what?: string): Promise<void> {
    this.#take(what).lose();
    await rest();
  }

  async refuse(failure: Failure, what?: string): Promise<void> {
    this.#take(what).fail(failure);
    await rest();
  }

  #take(what = this.sent[0]?.what) {
    const index = this.sent.findIndex((it) => it.what === what);
    const [taken] = this.sent.splice(index, index < 0 ? 0 : 1);
    if (!taken) throw new Error(`${what} was not sent; only ${this.waiting.join()}`);
    return taken;
  }

  #put(task: Task): Task {
    this.stored.set(task.id, task);
    this.versions.set(task.id, (this.versions.get(task.id) ?? 0) + 1);
    return task;
  }

  #versioned(id: string): VersionedTask {
    const task = this.stored.get(id);
    if (!task) throw new Failure(404, "Task not found.");
    const more = { completed_at: null, position: "8", deleted_at: null, version: this.versions.get(id) ?? 0 };
    return { ...task, ...more };
  }

  #hold<T>(what: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const act = () => new Promise<T>((done) => done(work()));
      const lose = () => void act().then(() => reject(Failure.unanswered(new TypeError())), reject);
      this.sent.push({ what, answer: () => resolve(act()), fail: reject, lose });
    });
  }
}

/** Let everything happen that can happen without an answer. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}
