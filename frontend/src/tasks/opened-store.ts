/** A store over a server that answers when it is told to; for tests. */
import { createRoot } from "solid-js";
import { Failure } from "../api/failure";
import { rest, type SlowServer } from "./slow-server";
import { createTaskStore } from "./store";

export const unreachable = () => new Failure(0, "The server could not be reached.");

export async function open(server: SlowServer) {
  const held = new Set<string>();
  const store = createRoot(() => createTaskStore(server.api, { isHeld: (key) => held.has(key) }));
  void store.refresh();
  await rest();
  await server.answer("list");
  const titles = () => [...store.tasks().values()].map((it) => it.title);
  const done = (key: string) => store.tasks().get(key)?.completed;
  return { store, titles, done, held };
}
