import { createSignal } from "solid-js";
import type { Task } from "../api/client";

export const FILTERS = [
  { name: "all", path: "/", label: "All", shows: (_: Task) => true },
  { name: "open", path: "/open", label: "Open", shows: (task: Task) => !task.completed },
  { name: "done", path: "/done", label: "Done", shows: (task: Task) => task.completed },
] as const;

export type Filter = (typeof FILTERS)[number];

/** The filter that the address names, and how to go to another. */
export function createFilter() {
  const [path, setPath] = createSignal(location.pathname);
  addEventListener("popstate", () => setPath(location.pathname));

  const current = (): Filter =>
    FILTERS.find((it) => it.path === path().replace(/(.)\/+$/, "$1")) ?? FILTERS[0];

  function go(filter: Filter): void {
    if (filter === current()) return;
    history.pushState(null, "", filter.path);
    setPath(filter.path);
  }

  return { current, go };
}
