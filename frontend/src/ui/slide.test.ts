import { expect, test } from "vitest";
import { firstMoved } from "./slide";

test("a row that leaves or comes in moves those behind it", () => {
  expect(firstMoved(["a", "b", "c"], ["a", "c"])).toBe(1);
  expect(firstMoved(["a", "b"], ["a"])).toBe(1);
  expect(firstMoved(["a", "b"], ["x", "a", "b"])).toBe(0);
});

test("a row that is added at the end moves itself only", () => {
  expect(firstMoved(["a", "b"], ["a", "b", "c"])).toBe(2);
  expect(firstMoved([], ["a"])).toBe(0);
});

test("nothing moves when the rows are the same", () => {
  expect(firstMoved(["a", "b"], ["a", "b"])).toBeUndefined();
});
