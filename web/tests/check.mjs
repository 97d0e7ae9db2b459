// What journeys expect.

export function check(holds, what) {
  if (!holds) throw new Error(`expected: ${what}`);
}

/** Fails with everything that pages complained of. */
export function checkQuiet(complaints) {
  if (complaints.length > 0) throw new Error(`pages complained:\n  ${complaints.join('\n  ')}`);
}

export function checkNone(lines, what) {
  if (lines.length > 0) throw new Error(`${lines.length} ${what}:\n  ${lines.join('\n  ')}`);
}
