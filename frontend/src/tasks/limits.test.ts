import { expect, test } from "vitest";
import { codePoints, shortened } from "../ui/text";
import { descriptionProblem, shownTitle, titleProblem } from "./limits";

test.each([
  ["", 0],
  ["milk", 4],
  ["😀😀", 2],
  ["👩‍👩‍👧", 5],
  ["e\u0301", 2],
])("%j has the code points that the server counts", (text, count) => {
  expect(codePoints(text)).toBe(count);
});

test("a title has 1 to 200 code points, white space around it not counted", () => {
  expect(titleProblem("  ")).toBe("A task needs a title.");
  expect(titleProblem(` ${"😀".repeat(200)} `)).toBeUndefined();
  expect(titleProblem("😀".repeat(201))).toBe("A title has at most 200 characters.");
});

test.each([
  "",
  "   ",
  "\u3000",
  "\u200b",
  "\u00ad\u2060\ufeff",
  "\u3164",
  "\u2800",
  "\ufe0f",
  "\u{e0041}",
  "\t\u0001\u0085",
])("%j shows nothing: it is no title, and a task that has it is shown without one", (title) => {
  expect(titleProblem(title)).toBe("A task needs a title.");
  expect(shownTitle(title)).toBe("(no title)");
});

test.each(["a", " milk ", "👩‍👩‍👧", "\u200b.", "क्", "\u0301"])("%j shows something", (title) => {
  expect(titleProblem(title)).toBeUndefined();
  expect(shownTitle(title)).toBe(title);
});

test("a description has at most 50,000 code points", () => {
  expect(descriptionProblem("😀".repeat(50_000))).toBeUndefined();
  expect(descriptionProblem("a".repeat(50_001))).toBe("A description has at most 50,000 characters.");
});

test("shortening never cuts a character in two", () => {
  expect(shortened("😀😀😀", 2)).toBe("😀😀…");
  expect(shortened("😀😀", 2)).toBe("😀😀");
});
