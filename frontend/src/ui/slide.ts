import { type Accessor, createComputed, on } from "solid-js";
import { keyOf } from "./focus";

/** A person who clicks sooner after rows moved cannot have seen it yet. */
const UNSEEN_MS = 500;

/**
 * Ignores clicks on rows that have just come under a pointer that did not move: they were meant for what was there.
 * `keys` name the rows, those first that move least; rows carry `data-key`. Returns a function that takes the list's
 * element.
 */
export function createSlideGuard(keys: Accessor<readonly string[]>): (list: HTMLElement) => void {
  let from = 0;
  let until = 0;
  let x = 0;
  let y = 0;

  createComputed(
    on(keys, (now, before = []) => {
      const at = firstMoved(before, now);
      if (at === undefined) return;
      from = performance.now() < until ? Math.min(from, at) : at;
      until = performance.now() + UNSEEN_MS;
    }),
  );

  document.addEventListener(
    "pointermove",
    ({ clientX, clientY }) => {
      // Browsers also send this when something moved under a pointer that rests.
      if (clientX !== x || clientY !== y) until = 0;
      [x, y] = [clientX, clientY];
    },
    { passive: true },
  );

  return (list) =>
    list.addEventListener(
      "click",
      (event) => {
        const isByKey = event.detail === 0;
        if (isByKey || performance.now() >= until) return;
        if (keys().indexOf(keyOf(event.target) ?? "") < from) return;
        event.preventDefault();
        event.stopPropagation();
      },
      true,
    );
}

/** The first place where another row stands than before, if there is one. */
export function firstMoved(before: readonly string[], now: readonly string[]): number | undefined {
  const at = before.findIndex((key, index) => key !== now[index]);
  if (at >= 0) return at;
  return now.length > before.length ? before.length : undefined;
}
