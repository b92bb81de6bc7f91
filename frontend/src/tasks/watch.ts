import { type Accessor, createComputed, createSignal, onCleanup, untrack } from "solid-js";

/**
 * Watches one entry of a map that is made anew on every change: as it is or, once it is gone, as it last was. A watcher
 * hears of its own entry only; with ten thousand rows on the page that is the difference between slow and not.
 */
export function createWatch<K, V>(map: Accessor<ReadonlyMap<K, V>>): (key: K) => Accessor<V> {
  const watchers = new Set<() => void>();

  createComputed(() => {
    map();
    for (const look of watchers) look();
  });

  return (key) => {
    const [value, setValue] = createSignal(untrack(map).get(key) as V);
    const look = () => setValue((last) => untrack(map).get(key) ?? last);
    watchers.add(look);
    onCleanup(() => watchers.delete(look));
    return value;
  };
}
