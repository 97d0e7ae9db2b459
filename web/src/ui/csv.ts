// Tables as files for other programs. Texts in them are hostile: no cell may become a formula where the file is opened.

// Spreadsheets in some languages take the full-width signs (U+FF0B, U+FF0D, U+FF1D, U+FF20) as well.
const FORMULA = /^[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/;

/** RFC 4180, with whatever a spreadsheet would calculate marked as text. */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

function cell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
