import { codePoints } from "../ui/text";

/** The server's limits, in code points as it counts them. */
export const TITLE_MAX = 200;
export const DESCRIPTION_MAX = 50_000;

/** What is wrong with a title, or undefined. */
export function titleProblem(title: string): string | undefined {
  if (title.trim() === "") return "A task needs a title.";
  return codePoints(title.trim()) > TITLE_MAX ? `A title has at most ${TITLE_MAX} characters.` : undefined;
}

/** What is wrong with a description, or undefined. */
export function descriptionProblem(description: string): string | undefined {
  if (codePoints(description.trim()) <= DESCRIPTION_MAX) return undefined;
  return `A description has at most ${DESCRIPTION_MAX.toLocaleString("en")} characters.`;
}
