/** One text of a task while it is being edited. */
export interface Part {
  /** As it is typed. */
  text: string;
  /** What stands there if nothing is saved, as far as the person knows. */
  was: string;
  /** Everything that the person has seen there or has written there. */
  seen: readonly string[];
  /** What somebody else wrote there while the person typed something else. */
  theirs: string | undefined;
  /** True when somebody else's text took the place of one that the person had not touched. */
  followed: boolean;
}

/** Begin with `text`, and with what the person has seen: at least one text. */
export function begin(text: string, seen: readonly [string, ...string[]]): Part {
  return { text, was: seen[0], seen, theirs: undefined, followed: false };
}

/** The new text, or undefined when it is the old one. White space around it is nobody's wish. */
export function changed({ text, was }: Part): string | undefined {
  return text.trim() === was.trim() ? undefined : text.trim();
}

/** The part once the task has this text: what is typed stays, what is not touched follows. */
export function told(part: Part, now: string): Part {
  if (now === part.was) return { ...part, theirs: undefined };
  const wish = changed(part);
  const known = part.seen.includes(now);
  if (wish === undefined) return { ...begin(now, [now, ...part.seen]), followed: !known };
  if (!known && now.trim() !== wish) return { ...part, theirs: now };
  return { ...part, was: now, seen: [...part.seen, now], theirs: undefined };
}

/** True when saving needs an answer first: both wrote something else. */
export function isContested(part: Part): boolean {
  return part.theirs !== undefined && changed(part) !== undefined;
}

/** The part once the person chose between the two texts. */
export function chosen(part: Part, choice: "mine" | "theirs"): Part {
  const { theirs = part.was } = part;
  const text = choice === "mine" ? part.text : theirs;
  return begin(text, [theirs, ...part.seen]);
}
