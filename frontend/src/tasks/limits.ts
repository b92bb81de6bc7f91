import { codePoints } from "../ui/text";

/** The server's limits, in code points as it counts them. */
export const TITLE_MAX = 200;
export const DESCRIPTION_MAX = 50_000;

/** A character that shows something, as the server tells it (`VISIBLE` in tasks/contract.py). */
const VISIBLE =
  /[^\u{16fe4}\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{13430}-\u{1343f}\u{1d159}]/u;

/** A title for people to see: `/tasks` takes some that show nothing. */
export function shownTitle(title: string): string {
  return VISIBLE.test(title) ? title : "(no title)";
}

/** What is wrong with a title, or undefined. */
export function titleProblem(title: string): string | undefined {
  if (!VISIBLE.test(title)) return "A task needs a title.";
  return codePoints(title.trim()) > TITLE_MAX ? `A title has at most ${TITLE_MAX} characters.` : undefined;
}

/** What is wrong with a description, or undefined. */
export function descriptionProblem(description: string): string | undefined {
  if (codePoints(description.trim()) <= DESCRIPTION_MAX) return undefined;
  return `A description has at most ${DESCRIPTION_MAX.toLocaleString("en")} characters.`;
}
