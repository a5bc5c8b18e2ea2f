/** Quotas count in powers of 1024, as Dovecot does; 50M shown as 52.4 MB would read as a mistake. */
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const LETTERS = ['', 'K', 'M', 'G', 'T'] as const;

/** 4.7 GiB, 50 MiB; in a language. */
export function binarySize(bytes: number, language: string): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  const locale = language === 'en' ? 'en-GB' : language;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value)} ${UNITS[unit]}`;
}

/** A quota as it is typed: `2G`, `1536M`; exact, so that reading it back gives the same bytes. Empty: no limit. */
export function quotaText(bytes: number | null): string {
  if (bytes === null) return '';
  for (let unit = LETTERS.length - 1; unit > 0; unit -= 1) {
    const scale = 1024 ** unit;
    if (bytes >= scale && bytes % scale === 0) return `${bytes / scale}${LETTERS[unit]}`;
  }
  return String(bytes);
}
