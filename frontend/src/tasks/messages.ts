import { shortened } from "../ui/text";
import type { Action } from "./actions";
import { shownTitle } from "./limits";

/** A sentence about a task: what stands before and after its title. */
export interface Sentence {
  before: string;
  title: string;
  after: string;
}

/** What came true, for the live region. */
export function success(action: Action): string {
  const title = quoted(action);
  if (action.kind === "add") return `Added ${title}`;
  if (action.kind === "delete") return `Deleted ${title}`;
  const { completed } = action.fields;
  if (completed === undefined) return `Saved ${title}`;
  return completed ? `Completed ${title}` : `Reopened ${title}`;
}

/** What did not come true and why. */
export function refusal(action: Action): Sentence {
  const [before, after] = outcome(action);
  const reason = isGone(action) ? "It had already been deleted elsewhere." : (action.failure?.message ?? "");
  return { before, title: shortened(shownTitle(action.title), 60), after: `${after} ${reason}` };
}

/** True when the task is no longer there, so that trying again is of no use. */
export function isGone(action: Action): boolean {
  return action.kind !== "add" && action.failure?.status === 404;
}

function outcome(action: Action): [before: string, after: string] {
  if (action.failure?.unknown)
    return ["", action.kind === "add" ? "may not have been added." : "may not have changed."];
  if (action.kind === "add") return ["", "was not added."];
  if (action.kind === "delete") return isGone(action) ? ["", "is gone."] : ["", "was not deleted."];
  const { completed } = action.fields;
  if (completed === undefined) return ["Your changes to", "were not saved."];
  return ["", completed ? "was not marked as done." : "was not reopened."];
}

function quoted(action: Action): string {
  return `“${shortened(shownTitle(action.title), 60)}”`;
}
