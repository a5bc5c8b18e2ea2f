/**
 * Characters that a terminal obeys instead of showing, or that make a line look like another: C0 and C1 controls
 * (ESC and its one-byte forms among them), line separators, bidirectional overrides and isolates. Queue listings and
 * mail are written by strangers.
 */
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escaped = (char: string) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** One line that is safe to print: such characters are shown as `\u001b`, line ends and tabs as a space. */
export function inert(value: string): string {
  return value.replace(/\r\n|[\n\t]/g, ' ').replace(DANGEROUS, escaped);
}

/** The same for text of several lines, which keeps its line ends and tabs. */
export function inertLines(value: string): string {
  return value
    .replace(/\r\n/g, '\n')
    .replace(DANGEROUS, (char) => (char === '\n' || char === '\t' ? char : escaped(char)));
}

/** JSON on one line. JSON escapes C0 only; the rest is escaped here too, and it parses to the same value. */
export function inertJson(value: unknown): string {
  return JSON.stringify(value).replace(DANGEROUS, escaped);
}

/** Lines of JSON that were made elsewhere, made as safe as `inertJson` does; their line ends stay. */
export function inertNdjson(block: string): string {
  return block.replace(DANGEROUS, (char) => (char === '\n' ? char : escaped(char)));
}
