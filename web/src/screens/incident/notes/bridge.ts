// What somebody typed on one text, brought onto another that the same text became elsewhere.

import { ChangeSet, Text } from '@codemirror/state';

/** The change that makes `theirs` say what `mine` changed in `base`; none if it says so already. */
export function bridge(base: string, mine: string, theirs: string): ChangeSet {
  if (mine === theirs) return ChangeSet.empty(theirs.length);
  return between(base, mine).map(between(base, theirs));
}

/** One replacement: of all between what is the same at both ends. */
function between(before: string, after: string): ChangeSet {
  let start = 0;
  const most = Math.min(before.length, after.length);
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  // Half of a pair that stands for one character is no text.
  if (isSecondHalf(before[start]) || isSecondHalf(after[start])) start -= start > 0 ? 1 : 0;
  if (isSecondHalf(before[before.length - end]) || isSecondHalf(after[after.length - end])) end -= end > 0 ? 1 : 0;
  const change = { from: start, to: before.length - end, insert: Text.of(after.slice(start, after.length - end).split('\n')) };
  return ChangeSet.of(change, before.length);
}

function isSecondHalf(unit: string | undefined): boolean {
  return unit !== undefined && /[\udc00-\udfff]/.test(unit);
}
