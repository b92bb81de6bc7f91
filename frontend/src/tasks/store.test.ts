import { describe, expect, test } from "vitest";
import { Failure } from "../api/failure";
import { open, unreachable } from "./opened-store";
import { SlowServer } from "./slow-server";

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
