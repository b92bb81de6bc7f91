import { describe, expect, test } from "vitest";
import type { Fields, Seen } from "./actions";
import { open, unreachable } from "./opened-store";
import { SlowServer } from "./slow-server";

const MINE: [string, Fields, Seen] = ["id-a", { title: "mine" }, { title: ["a"] }];
const patch = (title: string, version: number) => `edit id-a {"title":"${title}"} over ${version}`;

async function opened(server = new SlowServer().has("a")) {
  const { store, titles } = await open(server);
  void store.look("id-a");
  await server.answer("read id-a");
  return { server, store, titles, title: () => server.stored.get("id-a")?.title };
}

describe("saving an edit", () => {
  test("names the version that was there when the editor was opened", async () => {
    const { server, store, title } = await opened();
    store.edit(...MINE);
    await server.answer(patch("mine", 1));
    expect(title()).toBe("mine");
    expect(store.failures()).toEqual([]);
  });

  test("reads the task first when its version is not known", async () => {
    const server = new SlowServer().has("a");
    const { store } = await open(server);
    store.edit(...MINE);
    await server.answer("read id-a");
    await server.answer(patch("mine", 1));
    expect(server.stored.get("id-a")?.title).toBe("mine");
  });

  test("goes over a version in which something else moved", async () => {
    const { server, store } = await opened();
    server.others("id-a", { completed: true, description: "theirs" });
    store.edit(...MINE);
    await server.answer(patch("mine", 1));
    expect(store.failures()).toEqual([]);
    await server.answer(patch("mine", 2));
    expect(server.stored.get("id-a")).toMatchObject({
      title: "mine",
      completed: true,
      description: "theirs",
    });
  });

  test("does not replace what somebody else wrote; both are there to choose from", async () => {
    const { server, store, title, titles } = await opened();
    server.others("id-a", { title: "theirs" });
    store.edit(...MINE);
    await server.answer(patch("mine", 1));
    expect([title(), titles()]).toEqual(["theirs", ["theirs"]]);
    expect(store.failures()).toMatchObject([
      { fields: { title: "mine" }, failure: { current: { title: "theirs" } } },
    ]);
    expect(server.waiting).toEqual([]);
  });

  test("trying again is no choice", async () => {
    const { server, store } = await opened();
    server.others("id-a", { title: "theirs" });
    store.edit(...MINE);
    await server.answer();
    for (const { id } of store.failures()) store.retry(id);
    expect(server.waiting).toEqual([]);
    expect(store.failures()).toHaveLength(1);
  });

  test("mine goes over theirs once that is chosen, unless they write again", async () => {
    const { server, store, title } = await opened();
    server.others("id-a", { title: "theirs" });
    store.edit(...MINE);
    await server.answer();
    store.settle(store.failures()[0]?.id ?? "", "mine");
    server.others("id-a", { title: "theirs again" });
    await server.answer(patch("mine", 2));
    expect(title()).toBe("theirs again");
    store.settle(store.failures()[0]?.id ?? "", "mine");
    await server.answer(patch("mine", 3));
    expect(title()).toBe("mine");
    expect(store.failures()).toEqual([]);
  });

  test("theirs stays once that is chosen, and the rest of the edit is saved", async () => {
    const { server, store } = await opened();
    server.others("id-a", { title: "theirs" });
    store.edit("id-a", { title: "mine", description: "mine too" }, { title: ["a"], description: [""] });
    await server.answer();
    store.settle(store.failures()[0]?.id ?? "", "theirs");
    await server.answer('edit id-a {"description":"mine too"} over 2');
    expect(server.stored.get("id-a")).toMatchObject({ title: "theirs", description: "mine too" });
    expect([store.failures(), server.waiting]).toEqual([[], []]);
  });

  test("one that was stored is not somebody else's when its answer was lost", async () => {
    const { server, store, titles } = await opened();
    store.edit(...MINE);
    await server.lose(patch("mine", 1));
    await server.answer("list");
    server.others("id-a", { completed: true });
    const [failed] = store.failures();
    store.retry(failed?.id ?? "");
    await server.answer(patch("mine", 1)); // the same request: it gets the first one's answer
    expect([store.failures(), server.waiting]).toEqual([[], []]);
    expect(titles()).toEqual(["mine"]);
  });

  test("another edit after a lost answer is not compared with our own first one", async () => {
    const { server, store, title } = await opened();
    store.edit(...MINE);
    await server.lose(patch("mine", 1));
    await server.answer("list");
    store.edit("id-a", { title: "better" }, { title: ["a", "mine"] });
    await server.answer(patch("better", 1));
    await server.answer(patch("better", 2));
    expect(title()).toBe("better");
    expect(store.failures()).toEqual([]);
  });

  test("trying again much later does not replace what came meanwhile", async () => {
    const { server, store, title } = await opened();
    store.edit(...MINE);
    await server.refuse(unreachable());
    await server.answer("list");
    server.others("id-a", { title: "theirs" });
    store.retry(store.failures()[0]?.id ?? "");
    await server.answer(patch("mine", 1));
    expect(title()).toBe("theirs");
    expect(store.failures()[0]?.failure?.current?.title).toBe("theirs");
  });

  test("an answer that comes late does not undo what is newer", async () => {
    const { server, store, titles } = await opened();
    store.edit(...MINE);
    const diff = { title: ["mine", "theirs"] as [unknown, unknown] };
    const at = "2026-01-01T10:00:09.000000Z";
    store.receive({ entity: "task", entity_id: "id-a", op: "update", diff, at, request_id: null });
    await server.answer();
    expect(titles()).toEqual(["theirs"]);
  });
});

describe("trying to delete again", () => {
  test("needs an answer when the task says something else by now", async () => {
    const { server, store } = await opened();
    store.remove("id-a");
    await server.refuse(unreachable());
    await server.answer("list");
    server.others("id-a", { description: "Important" });
    void store.refresh();
    await server.answer("list");
    const [failed] = store.failures();
    expect(failed && store.isOverturned(failed)).toBe(true);
    store.retry(failed?.id ?? "");
    expect(server.waiting).toEqual([]);
  });
});

describe("a task that was deleted elsewhere while it is edited", () => {
  test("is marked, comes back, and goes when it is let go", async () => {
    const server = new SlowServer().has("a", "b");
    const { store, titles, held } = await open(server);
    const gone = () => store.tasks().get("id-a")?.gone ?? false;
    held.add("id-a");
    const task = server.stored.get("id-a");
    server.stored.delete("id-a");
    void store.look("id-a");
    await server.answer("read id-a");
    expect(gone()).toBe(true);
    if (task) server.stored = new Map([["id-a", task], ...server.stored]);
    void store.refresh();
    await server.answer("list");
    expect(gone()).toBe(false);
    server.stored.delete("id-a");
    void store.refresh();
    await server.answer("list");
    expect([gone(), titles()]).toEqual([true, ["a", "b"]]);
    store.release("id-a");
    expect(titles()).toEqual(["b"]);
  });
});
