/** Numbers, sizes, ages and times as the page writes them, in a language. Pure; React binds it in use-format.ts. */
export interface Format {
  /** 18,402 or 18 402; Polish leaves four digits together, as plurals in its sentences do. */
  count(value: number): string;
  /** 10k or 10 tys., for axes. */
  short(value: number): string;
  /** 3.4, 0.2 or 1,204: of something that happens each second. */
  rate(value: number): string;
  /** 71.4 kB; decimal units. */
  size(bytes: number): string;
  /** 6 h 22; 42 min; 8 s; 3 d 4 h. Seconds in. */
  age(seconds: number): string;
  /** 2 h, 1 h 30 min, 3 d: a length that somebody chose. Seconds in. */
  span(seconds: number): string;
  /** 0.81 s, 3 min 20 s; milliseconds in. */
  took(ms: number): string;
  /** 14:02 */
  clock(at: string | number): string;
  /** 14:02:07 */
  seconds(at: string | number): string;
  /** 2026-11-22 07:56:12, in this computer's zone. */
  stamp(at: string | number): string;
  /** 22 November */
  day(at: string | number): string;
  /** Friday, 20 November */
  weekday(at: string | number): string;
  /** 22 December, with the year when it is another one. */
  date(at: string | number): string;
  percent(share: number): string;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

const made = new Map<string, Format>();

/** The formats of a language, made once: each takes a dozen of Intl's, which cost more than a row of a list. */
export function formatFor(language: string): Format {
  const known = made.get(language) ?? makeFormat(language);
  made.set(language, known);
  return known;
}

function makeFormat(language: string): Format {
  // Day before month and a 24 h clock, as the rest of the page; British English writes numbers as American does.
  const locale = language === 'en' ? 'en-GB' : language;
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const hundredth = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const clockSeconds = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' });
  const dated = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long' });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });

  const size = (bytes: number) => {
    let value = bytes;
    let unit = 0;
    while (value >= 1000 && unit < UNITS.length - 1) {
      value /= 1000;
      unit += 1;
    }
    return `${unit === 0 || value >= 100 ? whole.format(value) : tenth.format(value)} ${UNITS[unit]}`;
  };
  const longDay = (at: string | number) => {
    const date = new Date(at);
    return date.getFullYear() === new Date().getFullYear() ? day.format(date) : dated.format(date);
  };

  return {
    count: (value) => whole.format(value),
    short: (value) =>
      locale.startsWith('en')
        ? compact.format(value).replace('K', 'k')
        : value < 1000
          ? whole.format(value)
          : compact.format(value),
    rate: (value) => (value < 10 ? tenth : whole).format(value),
    size,
    age: (seconds) => age(Math.max(0, Math.floor(seconds))),
    span,
    took: (ms) => {
      if (ms < 1000) return `${hundredth.format(ms / 1000)} s`;
      if (ms < 60_000) return `${tenth.format(ms / 1000)} s`;
      const whole = Math.round(ms / 1000);
      return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    },
    clock: (at) => clock.format(new Date(at)),
    seconds: (at) => clockSeconds.format(new Date(at)),
    stamp: (at) => stamp(new Date(at)),
    day: (at) => day.format(new Date(at)),
    weekday: (at) => `${capital(weekday.format(new Date(at)), locale)}, ${longDay(at)}`,
    date: longDay,
    percent: (share) => percent.format(share),
  };
}

function capital(word: string, locale: string): string {
  return word.slice(0, 1).toLocaleUpperCase(locale) + word.slice(1);
}

function age(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function span(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ] as const;
  const said = parts.filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`);
  return said.length === 0 ? '0 s' : said.slice(0, 2).join(' ');
}

function stamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
