/** A spreadsheet would run a cell that starts with one of these as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** A stranger's words as a spreadsheet must take them: an apostrophe says "this is text". */
export function plainCell(value: string): string {
  return FORMULA.test(value) ? `'${value}` : value;
}

/** A cell of CSV (RFC 4180), never a formula: senders and servers choose what stands in it. */
export function csvCell(value: string): string {
  const safe = plainCell(value);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as CSV, lines ended as RFC 4180 says. */
export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** Rows for the clipboard of a spreadsheet: cells apart by tabs, line ends and tabs inside them made blanks. */
export function tabbed(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map((cell) => plainCell(cell).replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`).join('');
}
