import type { Key } from "./actions";

/** Tasks by their places in the list, the last one excluded. */
export type Span = readonly [from: number, to: number];

/** What is drawn of a long list: rows, and between them gaps (numbered) as high as what is left out. */
export interface Layout {
  items: (Key | number)[];
  /** The height of each gap in px. */
  gaps: number[];
  /** The places of the tasks that are drawn, from 1. */
  places: ReadonlyMap<Key, number>;
}

type Height = (key: Key) => number;

/** The tasks that stand between two heights of the list, in px from its top. */
export function between(top: number, bottom: number, keys: readonly Key[], height: Height): Span {
  let at = 0;
  let from = 0;
  while (from < keys.length && at + height(keys[from] as Key) <= top) at += height(keys[from++] as Key);
  let to = from;
  while (to < keys.length && at < bottom) at += height(keys[to++] as Key);
  return [from, to];
}

/** These spans of the list, drawn. They may overlap and reach beyond it. */
export function layout(keys: readonly Key[], spans: readonly Span[], height: Height): Layout {
  const drawn: Layout = { items: [], gaps: [], places: new Map() };
  const places = drawn.places as Map<Key, number>;
  const end: Span = [keys.length, keys.length];
  let at = 0;
  for (const [from, to] of [...spans, end].toSorted((a, b) => a[0] - b[0])) {
    const begin = Math.min(from, keys.length);
    if (begin > at) {
      drawn.items.push(drawn.gaps.length);
      drawn.gaps.push(keys.slice(at, begin).reduce((sum, key) => sum + height(key), 0));
    }
    for (at = Math.max(at, begin); at < Math.min(to, keys.length); at += 1) {
      const key = keys[at] as Key;
      drawn.items.push(key);
      places.set(key, at + 1);
    }
  }
  return drawn;
}
