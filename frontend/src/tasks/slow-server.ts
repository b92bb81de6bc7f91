import type { Api, Task } from "../api/client";
import type { Failure } from "../api/failure";

const AT = "2026-01-01T10:00:00.000000Z";

/** A server whose answers come when, and in the order in which, the test says so. */
export class SlowServer {
  stored = new Map<string, Task>();
  sent: { what: string; answer: () => void; fail: (failure: Failure) => void }[] = [];

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

  /** What has been sent and not answered. */
  get waiting(): string[] {
    return this.sent.map((it) => it.what);
  }

  async answer(what?: string): Promise<void> {
    this.#take(what).answer();
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
    return task;
  }

  #hold<T>(what: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.sent.push({ what, answer: () => resolve(work()), fail: reject });
    });
  }
}

/** Let everything happen that can happen without an answer. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}
