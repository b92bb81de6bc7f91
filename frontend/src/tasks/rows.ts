import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import { keyOf } from "../ui/focus";
import type { Key } from "./actions";
import { between, type Layout, layout, type Span } from "./span";

/** A list that is no longer than this is drawn as a whole, so that the browser's own search finds all of it. */
const FEW = 500;
const FIRST = 40;
/** So many rows on either side of one that is held are drawn too: Tab and the arrows lead there. */
const AROUND = 3;
const ROW_PX = 56;

export type Rows = ReturnType<typeof createRows>;

/**
 * What is drawn of the tasks that are `visible`: of a long list the rows near the window, the one that has the focus and
 * those that are `held`. What is not drawn leaves a gap of its height: as it was measured last, or else of the usual one.
 */
export function createRows(visible: Accessor<readonly Key[]>, held: Accessor<Iterable<Key>>) {
  const heights = new Map<Key, number>();
  const [usual, setUsual] = createSignal(ROW_PX);
  const [near, setNear] = createSignal<Span>([0, FIRST]);
  const [wanted, setWanted] = createSignal<Key>();
  const partial = createMemo(() => visible().length > FEW);
  const height = (key: Key) => heights.get(key) ?? usual();
  let list: HTMLElement | undefined;
  let wantedAt = -1;

  const shown = createMemo<Layout>(() => {
    const keys = visible();
    if (!partial()) return layout(keys, [[0, keys.length]], height);
    const places = [...held()].map((key) => keys.indexOf(key));
    const at = keys.indexOf(wanted() ?? "");
    // When it is gone its neighbours stay, for the focus to go to.
    wantedAt = at >= 0 || wanted() === undefined ? at : wantedAt;
    const spans = [...places, wantedAt].filter((it) => it >= 0).map(around);
    return layout(keys, [onScreen(keys), ...spans], height);
  });

  /** The rows near the window, or the last ones when the list has become so short that the window is below it. */
  function onScreen(keys: readonly Key[]): Span {
    const [from, to] = near();
    const begin = Math.min(from, Math.max(keys.length - (to - from), 0));
    return [begin, begin + to - from];
  }

  /** Draw what the window shows, and a screen and a half on either side, before it gets near the end of what is drawn. */
  function look(): void {
    if (!list || !partial()) return;
    const top = -list.getBoundingClientRect().top;
    const reach = (screens: number) => {
      const px = screens * innerHeight;
      return between(top - px, top + innerHeight + px, visible(), height);
    };
    const [from, to] = reach(0.5);
    const [begin, end] = near();
    if (from < begin || to > end) keepingFocus(() => setNear(reach(1.5)));
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target, borderBoxSize } of entries) note(target as HTMLElement, borderBoxSize[0]?.blockSize);
    if (usual() === ROW_PX) learn();
  });
  let width = 0;

  function note(row: HTMLElement, px = 0): void {
    if (px > 0 && row.isConnected) heights.set(row.dataset.key as Key, px);
  }

  function learn(): void {
    const known = [...heights.values()];
    if (partial() && known.length > 0) setUsual(known.reduce((sum, px) => sum + px) / known.length);
  }

  /** In another width other words wrap: only the rows that are there can tell. */
  function resized(): void {
    if (list && list.clientWidth !== width) heights.clear();
    width = list?.clientWidth ?? 0;
    for (const row of list?.querySelectorAll<HTMLElement>(".task") ?? []) note(row, row.offsetHeight);
    learn();
    look();
  }

  createEffect(on(visible, () => requestAnimationFrame(look), { defer: true }));
  addEventListener("scroll", look, { passive: true });
  addEventListener("resize", resized);
  addEventListener("beforeprint", () => setNear([0, visible().length]));
  addEventListener("afterprint", () => {
    setNear([0, FIRST]);
    look();
  });
  document.addEventListener("focusin", ({ target }) => {
    // A dialog gives the focus back to where it was.
    if (target instanceof Element && !target.closest("dialog")) setWanted(keyOf(target.closest(".task")));
  });

  /** Does something to the row of a task, which is drawn for it. */
  function reach(key: Key, act: (row: HTMLElement) => void): void {
    setWanted(key);
    const actOnce = (): boolean => {
      const row = rowOf(key);
      if (row) act(row);
      return row !== null;
    };
    if (!actOnce()) queueMicrotask(actOnce); // what is asked for inside an effect is drawn when that is over
  }

  /** Puts the focus on a task, or, when there is none, on the filter above the list. */
  function focus(key: Key | undefined): void {
    if (key !== undefined && visible().includes(key)) reach(key, focusRow);
    else document.querySelector<HTMLElement>(".filters [aria-current]")?.focus();
  }

  return {
    shown,
    /** True when rows are left out. */
    partial,
    focus,
    reach,
    /** For the list's element. */
    within: (element: HTMLElement) => {
      list = element;
    },
    /** For each row's element: its height is remembered when it is gone. */
    measure: (row: HTMLElement) => {
      sizes.observe(row);
      onCleanup(() => sizes.unobserve(row));
    },
  };
}

/** Rows that come in above the one that has the focus move it in the document, and what is moved loses the focus. */
function keepingFocus(draw: () => void): void {
  const focused = document.activeElement;
  const text =
    focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement ? focused : undefined;
  const [start, end, direction] = [text?.selectionStart, text?.selectionEnd, text?.selectionDirection];
  draw();
  if (!(focused instanceof HTMLElement) || focused === document.activeElement || !focused.isConnected) return;
  focused.focus({ preventScroll: true });
  if (typeof start === "number") text?.setSelectionRange(start, end ?? start, direction ?? undefined);
}

/** The element of a task, when it is drawn. */
export function rowOf(key: Key): HTMLElement | null {
  return document.querySelector(`.task[data-key="${CSS.escape(key)}"]`);
}

function focusRow(row: HTMLElement): void {
  row.querySelector<HTMLElement>(":is(input, textarea)")?.focus();
}

function around(at: number): Span {
  return [at - AROUND, at + AROUND + 1];
}
