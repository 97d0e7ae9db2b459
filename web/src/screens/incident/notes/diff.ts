// What changed from one text to another, line by line.

export interface DiffLine {
  change: 'same' | 'added' | 'removed';
  text: string;
}

/** Beyond so many comparisons all lines in between count as changed. */
const WORK_MAX = 4_000_000;

/** A longest common subsequence of lines, after what is the same at both ends. */
export function diff(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (text: string): DiffLine => ({ change: 'same', text });
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const lines: DiffLine[] = [];
  const add = (change: DiffLine['change'], text: string | undefined) => lines.push({ change, text: text ?? '' });
  const width = b.length + 1;
  const isTooMuch = a.length * b.length > WORK_MAX;
  // How many lines are the same from here on, in both.
  const common = new Uint32Array(isTooMuch ? 0 : (a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  if (!isTooMuch) {
    for (let i = a.length - 1; i >= 0; i -= 1) {
      for (let j = b.length - 1; j >= 0; j -= 1) {
        common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (!isTooMuch && i < a.length && j < b.length && a[i] === b[j]) {
      add('same', a[i]);
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) add('removed', a[i++]);
    else add('added', b[j++]);
  }
  return lines;
}
