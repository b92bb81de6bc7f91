/** How many code points; `length` would count an emoji as two or more. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The first `count` code points, with an ellipsis when some are left out. */
export function shortened(text: string, count: number): string {
  if (text.length <= count) return text;
  const points = Array.from(text.slice(0, count * 2 + 1));
  return points.length <= count ? text : `${points.slice(0, count).join("").trimEnd()}…`;
}
