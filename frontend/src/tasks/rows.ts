import type { Key } from "./actions";

/** The element of a task, when it is on the page. */
export function rowOf(key: Key): HTMLElement | null {
  return document.querySelector(`.task[data-key="${CSS.escape(key)}"]`);
}

/** Puts the focus on a task, or, when there is none, on the filter above the list. */
export function focusTask(key: Key | undefined): void {
  const row = key === undefined ? null : rowOf(key);
  const target = row?.querySelector<HTMLElement>(":is(input, textarea)");
  (target ?? document.querySelector<HTMLElement>(".filters [aria-current]"))?.focus();
}
