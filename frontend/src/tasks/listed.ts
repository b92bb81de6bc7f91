import { type Accessor, createEffect, createMemo, createSignal, on } from "solid-js";
import type { Key, ShownTask } from "./actions";
import type { Filter } from "./filter";

/** How long a task stays after it stopped fitting the filter, counted from the last one that did. */
const HOLD_MS = 1_200;
/** How long the row then takes to close; `tasks.css` says the same. */
const COLLAPSE_MS = 160;

interface Listed {
  keys: readonly Key[];
  /** Those of them that no longer fit. */
  staying: ReadonlySet<Key>;
  tasks: ReadonlyMap<Key, ShownTask>;
  edited: ReadonlySet<Key>;
  filter: Filter;
}

const NONE: ReadonlySet<Key> = new Set();

/**
 * The keys of the tasks to show: those that fit the filter, and those that are edited. One that stops fitting stays for a
 * moment, so that it can be unticked and nothing slides under the pointer at once. All that stay leave together, when
 * nothing else was ticked for that long: ticking one after the other moves no row.
 */
export function createListed(
  tasks: Accessor<ReadonlyMap<Key, ShownTask>>,
  filter: Accessor<Filter>,
  edited: Accessor<ReadonlySet<Key>>,
) {
  const [collapsing, setCollapsing] = createSignal(NONE);
  const [released, release] = createSignal(undefined, { equals: false });
  let leaving = NONE;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const listed = createMemo<Listed | undefined>((before) => {
    released();
    const now = { tasks: tasks(), edited: edited(), filter: filter() };
    const keys: Key[] = [];
    const staying = new Set<Key>();
    for (const [key, task] of now.tasks) {
      if (!now.filter.shows(task) && !now.edited.has(key)) {
        if (before?.filter !== now.filter || leaving.has(key) || !wasListed(before, key)) continue;
        staying.add(key);
      }
      keys.push(key);
    }
    return { ...now, keys, staying };
  });
  const staying = () => listed()?.staying ?? NONE;

  createEffect(
    on(staying, (now, before = NONE) => {
      if (![...now].some((key) => !before.has(key))) return;
      clearTimeout(timer);
      timer = setTimeout(collapse, HOLD_MS);
    }),
  );

  function collapse(): void {
    const closing = staying();
    setCollapsing(closing);
    setTimeout(() => {
      leaving = closing;
      release(undefined);
      leaving = NONE;
      setCollapsing(NONE);
    }, COLLAPSE_MS);
  }

  const keys = createMemo<readonly Key[]>(() => listed()?.keys ?? []);
  const isCollapsing = (key: Key): boolean => collapsing().has(key) && staying().has(key);

  return {
    keys,
    /** True while the row of a task that has left is closing. */
    isCollapsing,
    /** The keys without those whose rows are closing. */
    remaining: createMemo(() =>
      collapsing().size > 0 ? keys().filter((key) => !isCollapsing(key)) : keys(),
    ),
  };
}

function wasListed({ staying, edited, tasks, filter }: Listed, key: Key): boolean {
  const task = tasks.get(key);
  return staying.has(key) || edited.has(key) || (task !== undefined && filter.shows(task));
}
