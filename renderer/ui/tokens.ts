/**
 * The colours of the page, by scheme. They become CSS variables `--pd-NAME`; no other file names a colour.
 * tests/unit/renderer/tokens.test.ts holds their contrast.
 */
export interface Tokens {
  bg: string;
  'bg-chrome': string;
  'bg-sunken': string;
  'bg-raised': string;
  'bg-hover': string;
  'bg-sel': string;
  'bg-sel-2': string;
  line: string;
  'line-2': string;
  'line-row': string;
  ctl: string;
  text: string;
  'text-2': string;
  'text-3': string;
  accent: string;
  'on-accent': string;
  ink: string;
  'on-ink': string;
  danger: string;
  'on-danger': string;
  ok: string;
  'ok-mark': string;
  'ok-bg': string;
  warn: string;
  'warn-mark': string;
  'warn-bg': string;
  bad: string;
  'bad-mark': string;
  'bad-bg': string;
  held: string;
  'held-mark': string;
  'held-bg': string;
  run: string;
  'run-mark': string;
  'run-bg': string;
  mute: string;
  'mute-mark': string;
  'mute-bg': string;
  scrim: string;
  'shadow-tray': string;
  'shadow-dialog': string;
}

export const light: Tokens = {
  bg: '#FFFFFF',
  'bg-chrome': '#F1F4F5',
  'bg-sunken': '#F6F8F9',
  'bg-raised': '#FFFFFF',
  'bg-hover': '#EEF2F4',
  'bg-sel': '#E9EFFD',
  'bg-sel-2': '#D6E1FB',
  line: '#E0E5E8',
  'line-2': '#C5CED4',
  'line-row': '#EDF0F2',
  ctl: '#7F8B96',
  text: '#161C21',
  'text-2': '#46525D',
  'text-3': '#566270',
  accent: '#2B50C8',
  'on-accent': '#FFFFFF',
  ink: '#1C242B',
  'on-ink': '#FFFFFF',
  danger: '#B5301A',
  'on-danger': '#FFFFFF',
  ok: '#0A6B51',
  'ok-mark': '#2B9885',
  'ok-bg': '#E2F3ED',
  warn: '#855000',
  'warn-mark': '#B5740C',
  'warn-bg': '#FCF0D9',
  bad: '#AE2C17',
  'bad-mark': '#9C1F10',
  'bad-bg': '#FCE9E4',
  held: '#8A3580',
  'held-mark': '#7A2F74',
  'held-bg': '#F7E9F5',
  run: '#2B50C8',
  'run-mark': '#4F74E0',
  'run-bg': '#E6EDFD',
  mute: '#55616C',
  'mute-mark': '#58636D',
  'mute-bg': '#EAEEF1',
  scrim: 'rgb(22 28 33 / 0.32)',
  'shadow-tray': '0 8px 24px rgb(22 28 33 / 0.14)',
  'shadow-dialog': '0 20px 56px rgb(22 28 33 / 0.24)',
};

export const dark: Tokens = {
  bg: '#151A1E',
  'bg-chrome': '#0F1417',
  'bg-sunken': '#101518',
  'bg-raised': '#1D2328',
  'bg-hover': '#1D2429',
  'bg-sel': '#1B2742',
  'bg-sel-2': '#24365F',
  line: '#262E34',
  'line-2': '#3A454D',
  'line-row': '#1E252A',
  ctl: '#6A7782',
  text: '#E7ECEF',
  'text-2': '#B3BDC5',
  'text-3': '#98A4AE',
  accent: '#94AEFF',
  'on-accent': '#0F1417',
  ink: '#E7ECEF',
  'on-ink': '#151A1E',
  danger: '#C93F28',
  'on-danger': '#FFFFFF',
  ok: '#58CBA6',
  'ok-mark': '#56C4A9',
  'ok-bg': '#122B25',
  warn: '#EEB352',
  'warn-mark': '#E8A72B',
  'warn-bg': '#322512',
  bad: '#FF9279',
  'bad-mark': '#C44A32',
  'bad-bg': '#3A1C17',
  held: '#E09FD8',
  'held-mark': '#A65A98',
  'held-bg': '#34203A',
  run: '#94AEFF',
  'run-mark': '#7C9CF8',
  'run-bg': '#1B2748',
  mute: '#A3AEB8',
  'mute-mark': '#72818C',
  'mute-bg': '#232B31',
  scrim: 'rgb(4 6 8 / 0.60)',
  'shadow-tray': '0 8px 24px rgb(0 0 0 / 0.5)',
  'shadow-dialog': '0 20px 56px rgb(0 0 0 / 0.6)',
};

/** Tokens as CSS variables. */
export function cssVariables(tokens: Tokens): Record<string, string> {
  return Object.fromEntries(Object.entries(tokens).map(([name, value]) => [`--pd-${name}`, String(value)]));
}

/** Heights that rows, bars and windows of rows agree on, in pixels. */
export const ROW_HEIGHT = 24;
