import { describe, expect, test } from "vitest";
import type { Change } from "../api/changes";
import type { Task } from "../api/client";
import { open, unreachable } from "./opened-store";
import { rest, SlowServer } from "./slow-server";

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
