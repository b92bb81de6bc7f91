import { createRoot } from "solid-js";
import { describe, expect, test } from "vitest";
import type { Change } from "../api/changes";
import type { Task } from "../api/client";
import { Failure } from "../api/failure";
import { rest, SlowServer } from "./slow-server";
import { createTaskStore } from "./store";

const unreachable = () => new Failure(0, "The server could not be reached.");

async function open(server: SlowServer) {
  const held = new Set<string>();
  const store = createRoot(() => createTaskStore(server.api, { isHeld: (key) => held.has(key) }));
  void store.refresh();
  await rest();
  await server.answer("list");
  const titles = () => [...store.tasks().values()].map((it) => it.title);
  const done = (key: string) => store.tasks().get(key)?.completed;
  return { store, titles, done, held };
}

describe("adding", () => {
  test("shows at once and is the server's task afterwards, in the same row", async () => {
    const server = new SlowServer().has("a");
    const { store, titles } = await open(server);
    const key = store.add("b");
    expect(titles()).toEqual(["a", "b"]);
    await server.answer("add b");
    expect(store.tasks().get(key)?.id).toBe("id-b");
    expect(titles()).toEqual(["a", "b"]);
  });

  test("one after the other, in the order of typing", async () => {
    const server = new SlowServer();
    const { store, titles } = await open(server);
    store.add("a");
    store.add("b");
    expect(server.waiting).toEqual(["add a"]);
    await server.answer();
    expect(server.waiting).toEqual(["add b"]);
    await server.answer();
    expect(titles()).toEqual(["a", "b"]);
  });

  test("what is done to a task before it has an id waits for it", async () => {
    const server = new SlowServer();
    const { store, done } = await open(server);
    const key = store.add("a");
    store.update(key, { completed: true });
    expect(done(key)).toBe(true);
    await server.answer("add a");
    expect(server.waiting).toEqual(['change id-a {"completed":true}']);
  });

  test("a failed one is taken back, and trying again is the same wish", async () => {
    const server = new SlowServer();
    const { store, titles } = await open(server);
    store.add("a");
    await server.refuse(unreachable(), "add a");
    expect(titles()).toEqual([]);
    const [failed] = store.failures();
    await server.answer("list");
    store.retry(failed?.id ?? "");
    expect(titles()).toEqual(["a"]);
    expect(store.failures()[0]?.id).toBe(failed?.id);
    await server.answer("add a");
    expect(store.failures()).toEqual([]);
    expect(titles()).toEqual(["a"]);
  });

  test("a lost answer, a reading of the list and another try leave one row", async () => {
    const server = new SlowServer();
    const { store, titles } = await open(server);
    store.add("a");
    server.has("a");
    await server.refuse(unreachable(), "add a");
    await server.answer("list");
    expect(titles()).toEqual(["a"]);
    store.retry(store.failures()[0]?.id ?? "");
    await server.answer("add a");
    expect(titles()).toEqual(["a"]);
    expect(store.failures()).toEqual([]);
  });
});

describe("changing", () => {
  test("quick toggles end in the last wish, whatever was sent before", async () => {
    const server = new SlowServer().has("a");
    const { store, done } = await open(server);
    for (const completed of [true, false, true, false, true]) store.update("id-a", { completed });
    expect(server.waiting).toEqual(['change id-a {"completed":true}']);
    await server.answer();
    expect(done("id-a")).toBe(true);
    expect(server.waiting).toEqual(['change id-a {"completed":true}']);
    await server.answer();
    expect(server.stored.get("id-a")?.completed).toBe(true);
    expect(server.waiting).toEqual([]);
  });

  test("a failure takes back only its own action", async () => {
    const server = new SlowServer().has("a", "b");
    const { store, titles, done } = await open(server);
    store.update("id-a", { title: "a2" });
    store.update("id-a", { completed: true });
    store.update("id-b", { completed: true });
    await server.refuse(new Failure(500, "No."), 'change id-a {"title":"a2"}');
    expect(titles()).toEqual(["a", "b"]);
    expect([done("id-a"), done("id-b")]).toEqual([true, true]);
    await server.answer('change id-a {"completed":true}');
    await server.answer('change id-b {"completed":true}');
    expect([done("id-a"), done("id-b")]).toEqual([true, true]);
    expect(store.failures()).toHaveLength(1);
  });

  test("a newer wish for the same field makes an older failure moot", async () => {
    const server = new SlowServer().has("a");
    const { store, done } = await open(server);
    store.update("id-a", { completed: true });
    store.update("id-a", { completed: false });
    await server.refuse(unreachable(), 'change id-a {"completed":true}');
    expect(store.failures()).toEqual([]);
    await server.answer('change id-a {"completed":false}');
    expect(done("id-a")).toBe(false);
  });

  test("what is left of a failed wish is another wish", async () => {
    const server = new SlowServer().has("a");
    const { store } = await open(server);
    store.update("id-a", { title: "a2", description: "d" });
    await server.refuse(unreachable());
    const before = store.failures()[0];
    store.update("id-a", { title: "a3" });
    const [after] = store.failures();
    expect(after?.kind === "change" && after.fields).toEqual({ description: "d" });
    expect(after?.id).not.toBe(before?.id);
  });

  test("an answer does not cover what was asked for after it was sent", async () => {
    const server = new SlowServer().has("a");
    const { store, titles } = await open(server);
    store.update("id-a", { completed: true });
    store.update("id-a", { title: "a2" });
    await server.answer();
    expect(titles()).toEqual(["a2"]);
  });
});

describe("deleting", () => {
  test("a failed one comes back in its place", async () => {
    const server = new SlowServer().has("a", "b", "c");
    const { store, titles } = await open(server);
    store.remove("id-b");
    expect(titles()).toEqual(["a", "c"]);
    await server.refuse(new Failure(500, "No."));
    expect(titles()).toEqual(["a", "b", "c"]);
  });

  test("a task that is gone already stays gone", async () => {
    const server = new SlowServer().has("a", "b");
    const { store, titles } = await open(server);
    store.remove("id-a");
    await server.refuse(new Failure(404, "Task not found."));
    expect(titles()).toEqual(["b"]);
    expect(store.failures()).toHaveLength(1);
  });
});

describe("being told of a change", () => {
  const LATER = "2026-01-01T10:00:01.000000Z";
  const told = (id: string, diff: Change["diff"], more: Partial<Change> = {}): Change => ({
    entity: "task",
    entity_id: id,
    op: "update",
    diff,
    at: LATER,
    request_id: null,
    ...more,
  });
  const created = (title: string, more: Partial<Change> = {}) =>
    told(
      `id-${title}`,
      {
        id: [null, `id-${title}`],
        title: [null, title],
        description: [null, null],
        completed: [null, false],
        created_at: [null, LATER],
        deleted_at: [null, null],
      },
      { op: "create", ...more },
    );

  test("lays it over what is known", async () => {
    const server = new SlowServer().has("a", "b");
    const { store, titles, done } = await open(server);
    store.receive(told("id-a", { title: ["a", "A"] }));
    store.receive(told("id-b", { completed: [false, true] }));
    store.receive(created("c"));
    expect(titles()).toEqual(["A", "b", "c"]);
    expect(done("id-b")).toBe(true);
    expect(store.tasks().get("id-a")?.updated_at).toBe(LATER);
    store.receive(told("id-a", { deleted_at: [null, LATER] }, { at: "2026-01-01T10:00:02.000000Z" }));
    store.receive(told("id-b", { title: ["b", null] }, { op: "delete" }));
    expect(titles()).toEqual(["c"]);
    expect(server.waiting).toEqual([]);
  });

  test("an old change does not undo what is newer", async () => {
    const server = new SlowServer().has("a");
    const { store, titles } = await open(server);
    store.receive(told("id-a", { title: ["x", "y"] }, { at: "2026-01-01T09:59:59.999999Z" }));
    expect(titles()).toEqual(["a"]);
  });

  test("a task that comes out of the trash is read", async () => {
    const server = new SlowServer().has("a");
    const { store, titles } = await open(server);
    server.has("b");
    store.receive(told("id-b", { deleted_at: [LATER, null] }));
    await server.answer("list");
    expect(titles()).toEqual(["a", "b"]);
  });

  test("what comes while the list is read is not lost", async () => {
    const server = new SlowServer().has("a");
    const { store, titles } = await open(server);
    void store.refresh();
    store.receive(told("id-a", { title: ["a", "A"] }));
    await server.answer("list");
    expect(titles()).toEqual(["A"]);
  });

  test("a task of our own is not seen twice, whichever comes first", async () => {
    const server = new SlowServer();
    const { store, titles } = await open(server);
    const key = store.add("a");
    await rest();
    store.receive(created("a", { request_id: key }));
    expect(titles()).toEqual(["a"]);
    await server.answer("add a");
    expect(titles()).toEqual(["a"]);
    store.receive(created("a", { request_id: key }));
    expect(titles()).toEqual(["a"]);
  });

  test("a task in someone's hands stays when others delete it", async () => {
    const server = new SlowServer().has("a");
    const { store, titles, held } = await open(server);
    held.add("id-a");
    store.receive(told("id-a", { deleted_at: [null, LATER] }));
    expect(titles()).toEqual(["a"]);
  });
});

describe("reading the list again", () => {
  test("a list read while something was written is read again", async () => {
    const server = new SlowServer().has("a");
    const { store, done } = await open(server);
    void store.refresh();
    store.update("id-a", { completed: true });
    await server.answer('change id-a {"completed":true}');
    await server.answer("list");
    expect(done("id-a")).toBe(true);
    expect(server.waiting).toEqual(["list"]);
    await server.answer("list");
    expect(done("id-a")).toBe(true);
    expect(server.waiting).toEqual([]);
  });

  test("a new task is not seen twice when the list has it before its answer came", async () => {
    const server = new SlowServer();
    const { store, titles } = await open(server);
    store.add("a");
    server.has("a");
    void store.refresh();
    await server.answer("list");
    expect(titles()).toEqual(["a"]);
    await server.answer("add a");
    await server.answer("list");
    expect(titles()).toEqual(["a"]);
  });

  test("what did not change stays the same object", async () => {
    const server = new SlowServer().has("a", "b");
    const { store } = await open(server);
    const before = store.tasks().get("id-a");
    server.stored.set("id-a", { ...(before as Task) });
    void store.refresh();
    await server.answer("list");
    expect(store.tasks().get("id-a")).toBe(before);
  });

  test("a list without news changes nothing, one in another order does", async () => {
    const server = new SlowServer().has("a", "b");
    const { store, titles } = await open(server);
    const before = store.tasks();
    void store.refresh();
    await server.answer("list");
    expect(store.tasks()).toBe(before);
    server.stored = new Map([...server.stored].reverse());
    void store.refresh();
    await server.answer("list");
    expect(titles()).toEqual(["b", "a"]);
  });

  test("a task in someone's hands stays in its place when others delete it", async () => {
    const server = new SlowServer().has("a", "b", "c");
    const { store, titles, held } = await open(server);
    held.add("id-b");
    server.stored.delete("id-b");
    void store.refresh();
    await server.answer("list");
    expect(titles()).toEqual(["a", "b", "c"]);
    held.clear();
    void store.refresh();
    await server.answer("list");
    expect(titles()).toEqual(["a", "c"]);
  });

  test("a failure leaves what is known and says why", async () => {
    const server = new SlowServer().has("a");
    const { store, titles } = await open(server);
    void store.refresh();
    await server.refuse(unreachable(), "list");
    expect(titles()).toEqual(["a"]);
    expect(store.trouble()?.message).toBe("The server could not be reached.");
  });
});
