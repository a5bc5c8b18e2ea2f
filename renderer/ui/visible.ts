/**
 * C0/C1 controls, line and paragraph separators, and the characters that reorder or hide text (Unicode TR 9 and
 * TR 36). A stranger's sender address must not be able to draw itself as another one.
 */
const DECEITFUL =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u115F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]/g;

/** Shows characters that would deceive or break a line as their code point, in brackets. Keeps tab and newline. */
export function visible(text: string): string {
  return text.replace(DECEITFUL, (char) => `⟨${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

/** The same for text on one line: tabs and newlines are shown too. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\t\n]/g, (char) => (char === '\t' ? '⟨0009⟩' : '⟨000A⟩'));
}
