import { createContext, createMemo, createSignal, useContext } from "solid-js";
import { follow } from "../api/changes";
import { api } from "../api/client";
import { announce } from "../ui/announcer";
import type { Key } from "./actions";
import { createDrafts } from "./drafts";
import { createFilter, FILTERS } from "./filter";
import { createListed } from "./listed";
import { success } from "./messages";
import { createRows } from "./rows";
import { createTaskStore } from "./store";

export type TasksPage = ReturnType<typeof createTasksPage>;

const Context = createContext<TasksPage>();
export const TasksProvider = Context.Provider;

/** What the components of the page share. */
export function useTasks(): TasksPage {
  const page = useContext(Context);
  if (!page) throw new Error("useTasks is for components inside TasksProvider");
  return page;
}

export function createTasksPage() {
  const store = createTaskStore(api, {
    isHeld: (key) => drafts.get(key) !== undefined,
    onDone: (action) => announce(success(action)),
  });
  const drafts = createDrafts(store);
  const filter = createFilter();
  const [doomed, setDoomed] = createSignal<Key>();

  const counts = createMemo(() => {
    const tasks = [...store.tasks().values()];
    return Object.fromEntries(FILTERS.map(({ name, shows }) => [name, tasks.filter(shows).length]));
  });
  const edited = createMemo(() => new Set(drafts.keys()));

  const listed = createListed(store.tasks, filter.current, edited);
  /** The keys of the tasks that are shown. */
  const visible = listed.keys;
  const rows = createRows(visible, edited);

  // What others do is told as it happens. What they did while nobody was told, the list tells.
  follow({ begun: store.again, changed: store.receive });
  const look = () => document.visibilityState === "visible" && void store.refresh();
  document.addEventListener("visibilitychange", look);
  for (const event of ["focus", "online"]) addEventListener(event, look);
  addEventListener("pageshow", (event) => event.persisted && look());

  return { store, drafts, filter, counts, listed, visible, rows, doomed, setDoomed };
}
