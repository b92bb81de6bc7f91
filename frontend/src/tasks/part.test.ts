import { describe, expect, test } from "vitest";
import { begin, changed, chosen, isContested, type Part, told } from "./part";

const typed = (text: string, was = "milk"): Part => ({ ...begin(was, [was]), text });

describe("a text that is edited, when the task changes elsewhere", () => {
  test("follows as long as it is not touched", () => {
    const part = told(typed("milk"), "oat milk");
    expect(part).toMatchObject({ text: "oat milk", was: "oat milk", followed: true });
    expect(changed(part)).toBeUndefined();
  });

  test("stays when something was typed, and both are known", () => {
    const part = told(typed("bread"), "oat milk");
    expect(part).toMatchObject({ text: "bread", theirs: "oat milk", followed: false });
    expect(isContested(part)).toBe(true);
  });

  test("is the same when both wrote the same", () => {
    const part = told(typed(" bread "), "bread");
    expect(isContested(part)).toBe(false);
    expect(changed(part)).toBeUndefined();
  });

  test("is not contested by what the person wrote or saw there", () => {
    const part = { ...begin("bread", ["milk", "bread", "water"]) };
    for (const text of ["water", "bread", "milk"]) expect(isContested(told(part, text))).toBe(false);
  });

  test("is not contested any more when the others take theirs back, or the person theirs", () => {
    const part = told(typed("bread"), "oat milk");
    expect(isContested(told(part, "milk"))).toBe(false);
    expect(isContested({ ...part, text: "milk" })).toBe(false);
  });

  test("keeps what was typed over what was written, when that is chosen", () => {
    const part = chosen(told(typed("bread"), "oat milk"), "mine");
    expect([changed(part), isContested(part)]).toEqual(["bread", false]);
    expect(isContested(told(part, "oat milk"))).toBe(false);
    expect(isContested(told(part, "soy milk"))).toBe(true);
  });

  test("becomes what was written, when that is chosen", () => {
    const part = chosen(told(typed("bread"), "oat milk"), "theirs");
    expect([part.text, changed(part), isContested(part)]).toEqual(["oat milk", undefined, false]);
  });
});
