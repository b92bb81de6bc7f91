import { describe, expect, it } from "vitest";
import { between, layout, type Span } from "./span";

const keys = ["a", "b", "c", "d", "e", "f"];
const height = (key: string) => (key === "b" ? 30 : 10);

describe("what stands between two heights", () => {
  it.each<[top: number, bottom: number, span: Span]>([
    [0, 10, [0, 1]],
    [10, 40, [1, 2]],
    [39, 41, [1, 3]],
    [-100, 5, [0, 1]],
    [-100, 1_000, [0, 6]],
    [1_000, 2_000, [6, 6]],
  ])("%i to %i", (top, bottom, span) => expect(between(top, bottom, keys, height)).toEqual(span));
});

describe("what is drawn", () => {
  it.each<[what: string, spans: Span[], items: (string | number)[], gaps: number[]]>([
    ["everything", [[0, 6]], keys, []],
    ["the beginning", [[0, 2]], ["a", "b", 0], [40]],
    ["the middle", [[2, 4]], [0, "c", "d", 1], [40, 20]],
    ["two parts in any order", [[4, 5], [0, 1]], ["a", 0, "e", 1], [50, 10]], // prettier-ignore
    ["two parts that overlap", [[0, 3], [2, 4]], ["a", "b", "c", "d", 0], [20]], // prettier-ignore
    ["a part within another", [[0, 4], [1, 2]], ["a", "b", "c", "d", 0], [20]], // prettier-ignore
    ["what reaches beyond the ends", [[-3, 1], [5, 9]], ["a", 0, "f"], [60]], // prettier-ignore
    ["nothing", [[9, 12]], [0], [80]],
  ])("%s", (_, spans, items, gaps) => {
    expect(layout(keys, spans, height)).toMatchObject({ items, gaps });
  });

  it("knows the places of its tasks", () => {
    expect([...layout(keys, [[2, 4]], height).places]).toEqual([["c", 3], ["d", 4]]); // prettier-ignore
  });
});
