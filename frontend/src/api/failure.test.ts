import { expect, test } from "vitest";
import { Failure } from "./failure";

test.each([
  [new DOMException("", "TimeoutError"), "The server took too long to answer."],
  [new TypeError("Failed to fetch"), "The server could not be reached."],
  [new SyntaxError("Unexpected token"), "The server’s answer could not be read."],
])("%s is told in words", (cause, message) => {
  expect(Failure.unanswered(cause).message).toBe(message);
});

test.each([
  [422, { detail: "title: too long" }, "title: too long."],
  [
    422,
    {
      detail: [
        { type: "string_too_short", loc: ["body", "title"], msg: "String should have at least 1 character" },
        { type: "string_type", loc: ["body", "description"], msg: "Input should be a valid string" },
      ],
    },
    "title: String should have at least 1 character; description: Input should be a valid string.",
  ],
  [
    422,
    { detail: [{ type: "json_invalid", loc: ["body", 3], msg: "JSON decode error" }] },
    "JSON decode error.",
  ],
  [
    422,
    { detail: [{ loc: ["header", "idempotency-key"], msg: "This key was used" }, null, "x", {}] },
    "This key was used.",
  ],
  [422, { detail: [] }, "The server did not accept it."],
  [503, { detail: "The database cannot be reached." }, "The database cannot be reached."],
  [404, {}, "It no longer exists."],
  [422, "<html>", "The server did not accept it."],
  [429, undefined, "The server is busy just now."],
  [502, "<html>Bad gateway</html>", "The server answered with an error (502)."],
])("%i with %j is told in words", (status, body, message) => {
  expect(Failure.refused(status, body).message).toBe(message);
});

test.each([
  [0, true],
  [503, true],
  [422, false],
  [404, false],
])("after %i the server may have done it all the same: %j", (status, unsure) => {
  expect(new Failure(status, "").unsure).toBe(unsure);
});
