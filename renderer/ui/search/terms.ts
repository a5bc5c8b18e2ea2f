/** The grammar that every search bar shares: terms, quotes, durations and sizes. What a term means is its screen's. */

/** Splits at blanks; a double quote keeps blanks together and may be closed or not. */
export function splitTerms(text: string): string[] {
  const found: string[] = [];
  let word = '';
  let quoted = false;
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    if (/\s/.test(char) && !quoted) {
      if (word !== '') found.push(word);
      word = '';
    } else {
      word += char;
    }
  }
  if (word !== '') found.push(word);
  return found;
}

export function joinTerms(raws: readonly string[]): string {
  return raws.join(' ');
}

export function unquote(text: string): string {
  return text.replaceAll('"', '');
}

/** True while a quote is open: a blank then belongs to the term. */
export function inQuotes(text: string): boolean {
  return (text.split('"').length - 1) % 2 === 1;
}

/** Writes a term so that it is read back as it is. */
export function writeTerm(key: string, value: string): string {
  return /[\s"]/.test(value) ? `${key}:"${unquote(value)}"` : `${key}:${value}`;
}

/** Seconds of `90`, `90s`, `5m`, `2h`, `1d12h`, `1w`; null when it is none. */
export function parseDuration(text: string): number | null {
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^(\d{1,9}[smhdw])+$/i.test(text)) return null;
  let total = 0;
  for (const part of text.toLowerCase().matchAll(/(\d+)([smhdw])/g))
    total += Number(part[1]) * (units[part[2] ?? 's'] ?? 1);
  return total;
}

/** Bytes of `500`, `100k`, `1.5M`, `2G` (decimal, as sizes are shown); null when it is none. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,12}(?:[.,]\d{1,3})?)\s?([kmg]?)b?$/i.exec(text);
  if (match === null) return null;
  const scale = { '': 1, k: 1000, m: 1_000_000, g: 1_000_000_000 }[(match[2] ?? '').toLowerCase()] ?? 1;
  return Math.round(Number((match[1] ?? '0').replace(',', '.')) * scale);
}
