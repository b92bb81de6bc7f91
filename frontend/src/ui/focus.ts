import { createEffect, on } from "solid-js";

/**
 * Keeps the focus when the item that has it leaves a list: `place` is told where it was. Returns what the list's
 * `focusin` handler is to be. Items carry `data-key`.
 */
export function createFocusKeeper(
  keys: () => readonly string[],
  place: (index: number, key: string) => void,
) {
  let last: { key: string; index: number } | undefined;

  createEffect(
    on(keys, (now) => {
      if (!last) return;
      const { key, index } = last;
      const at = now.indexOf(key);
      if (at >= 0) last.index = at;
      else {
        last = undefined;
        if (!hasFocus()) place(index, key);
      }
    }),
  );

  document.addEventListener("focusin", (event) => {
    const key = keyOf(event.target);
    const index = key === undefined ? -1 : keys().indexOf(key);
    last = key === undefined || index < 0 ? undefined : { key, index };
  });
}

/** The key of the item that an element is in. */
export function keyOf(target: EventTarget | null): string | undefined {
  return target instanceof Element ? target.closest<HTMLElement>("[data-key]")?.dataset.key : undefined;
}

function hasFocus(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body;
}
