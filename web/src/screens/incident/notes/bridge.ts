// What somebody typed on one text, brought onto another that the same text became elsewhere.

import { ChangeSet, Text } from '@codemirror/state';

/** The change that makes `theirs` say what `mine` changed in `base`. */
export function bridge(base: string, mine: string, theirs: string): ChangeSet {
  return between(base, mine).map(between(base, theirs));
}

/** One replacement: of all between what is the same at both ends. */
function between(before: string, after: string): ChangeSet {
  let start = 0;
  const most = Math.min(before.length, after.length);
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const change = { from: start, to: before.length - end, insert: Text.of(after.slice(start, after.length - end).split('\n')) };
  return ChangeSet.of(change, before.length);
}
