/**
 * A user_prefs file of SpamAssassin (Mail::SpamAssassin::Conf): our lines stand in a block of their own at its end, where a
 * threshold wins over one further up; all other lines are somebody else's and stay byte for byte. Pure; bytes are latin1.
 */
import type { FilterSettings } from '#shared/model/user-filter.ts';

const BEGIN = '# Postdeck writes the lines down to its end mark; own lines stand outside';
/** The line before was not ended: taking the block out takes the line end before it, too. */
const JOINED = ' (the line above had no end)';
const END = '# End of the lines of Postdeck';
const BLOCK = new RegExp(String.raw`(^|\n)${BEGIN}( \(the line above had no end\))?\n([\s\S]*?)${END}(?:\n|$)`);

const THRESHOLD = /^required_(?:score|hits)$/i;
const ALLOW = /^(?:whitelist|welcomelist)_from$/i;
const DENY = /^(?:blacklist|blocklist)_from$/i;

export interface UserPrefs {
  /** Everything but our block. */
  rest: string;
  /** Our lines without their marks; null: no block. */
  own: string | null;
}

export function parseUserPrefs(content: string): UserPrefs {
  const match = BLOCK.exec(content);
  if (!match) return { rest: content, own: null };
  const after = content.slice(match.index + match[0].length);
  // what somebody has written below since must not be joined to that line
  const ends = match[2] === undefined || after !== '';
  return { rest: content.slice(0, match.index) + (ends ? (match[1] ?? '') : '') + after, own: match[3] ?? '' };
}

/** The file with these lines of ours, or without any. */
export function withOwn(rest: string, own: string | null): string {
  if (own === null) return rest;
  const joined = rest !== '' && !rest.endsWith('\n');
  return `${rest}${joined ? '\n' : ''}${BEGIN}${joined ? JOINED : ''}\n${own}${END}\n`;
}

/** Our lines for these settings; null: none are needed. */
export function ownLines({ threshold, allow, deny }: FilterSettings, modern: boolean): string | null {
  const lines = [
    ...(threshold === null ? [] : [`required_score ${threshold}`]),
    ...allow.map((sender) => `${modern ? 'welcomelist' : 'whitelist'}_from ${pattern(sender)}`),
    ...deny.map((sender) => `${modern ? 'blocklist' : 'blacklist'}_from ${pattern(sender)}`),
  ];
  return lines.length === 0 ? null : `${lines.join('\n')}\n`;
}

/** SpamAssassin's names for one preference and its values, as rows of a table hold them. */
export function rowsOf(settings: FilterSettings, modern: boolean): [preference: string, value: string][] {
  return (ownLines(settings, modern) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

/** `@domain` is `*@domain` there. */
const pattern = (sender: string): string => (sender.startsWith('@') ? `*${sender}` : sender);
const sender = (value: string): string | null => {
  const found = value.startsWith('*@') ? value.slice(1) : value;
  return /[*?#\s]/.test(found) || !/^[^@]*@[^@]+$/.test(found) ? null : found;
};

export interface Preference {
  name: string;
  value: string;
}

export const PREFERENCES = [
  'required_score',
  'required_hits',
  'whitelist_from',
  'welcomelist_from',
  'blacklist_from',
  'blocklist_from',
] as const;

/** Preferences of these kinds in a text, comments taken off. */
export function preferencesIn(content: string): Preference[] {
  return content.split('\n').flatMap((line): Preference[] => {
    const match = /^\s*([A-Za-z_]+)\s+([^#]*?)\s*(?:#.*)?\r?$/.exec(line);
    const [name = '', value = ''] = [match?.[1], match?.[2]];
    return (PREFERENCES as readonly string[]).includes(name.toLowerCase()) && value !== '' ? [{ name, value }] : [];
  });
}

/** Preferences as settings, and those that settings cannot hold: several senders in one value, patterns. */
export function settingsFrom(preferences: readonly Preference[]): { settings: FilterSettings; other: Preference[] } {
  const settings: FilterSettings = { threshold: null, allow: [], deny: [] };
  const other: Preference[] = [];
  for (const preference of preferences) {
    const { name, value } = preference;
    const number = Number(value);
    const from = sender(value);
    if (THRESHOLD.test(name) && number >= 0.1 && number <= 1000) settings.threshold = number;
    else if (ALLOW.test(name) && from !== null) settings.allow.push(from);
    else if (DENY.test(name) && from !== null) settings.deny.push(from);
    else other.push(preference);
  }
  return { settings, other };
}

export const isThreshold = (name: string): boolean => THRESHOLD.test(name);
