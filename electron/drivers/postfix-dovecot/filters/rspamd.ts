/**
 * One user's own settings in rspamd's `settings` module: lines of ours in local.d/settings.conf, one a rule, beside
 * whatever else stands there. rspamd applies one rule to a message, the one of the highest priority.
 */
import type { Account } from '#shared/model/account.ts';
import type { Machine } from '#remote/machine.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { FilterSettings, UserFilter } from '#shared/model/user-filter.ts';
import { parseFrames, utf8 } from '../accounts/frames.ts';
import { asks } from '../accounts/read-script.ts';
import { addEdit, type FileWrite, noWrites, type Writes } from '../accounts/writes.ts';
import { parseMapSource } from '../maps/map-source.ts';
import { runScript } from '../root-script.ts';
import { FILTERS, RSPAMD_SETTINGS } from './script.ts';

/** rspamd's limits of scores, by action; an absent one is never taken. */
export type Actions = ReadonlyMap<string, number>;

export interface Rspamd {
  actions: Actions;
  /** Names of all rules of the configuration, ours among them. */
  rules: string[];
}

/** Loading the whole configuration costs a quarter of a second of a processor: not for every account opened. */
const KEPT_MS = 600_000;
const kept = new WeakMap<Machine, { at: number; setup: Promise<Rspamd | null> }>();

/** null: no rspamd judges mail here, or its settings do not stand in its configuration. */
export async function surveyRspamd(machine: Machine, signal: AbortSignal, anew = false): Promise<Rspamd | null> {
  const known = kept.get(machine);
  if (!anew && known && performance.now() - known.at < KEPT_MS) return known.setup;
  const setup = read(machine, signal);
  kept.set(machine, { at: performance.now(), setup });
  setup.catch(() => kept.delete(machine));
  return setup;
}

async function read(machine: Machine, signal: AbortSignal): Promise<Rspamd | null> {
  const { stdout } = await runScript(machine, FILTERS, { name: 'look for rspamd', data: asks('rspamd'), signal });
  return rspamdOf(parseFrames(stdout));
}

/** Pure: the sections of the survey. */
export function rspamdOf(frames: ReadonlyMap<string, string>): Rspamd | null {
  const section = (name: string): string => utf8(frames.get(name) ?? '').trim();
  const settings = objectOf(section('rsettings'));
  const actions = objectOf(section('ractions'));
  // a text is the address of a map, which somebody else fills
  if (settings === null || actions === null || section('rmilters') === '' || section('rincluded') === '') return null;
  const limits = Object.entries(actions).flatMap(([name, value]): [string, number][] =>
    typeof value === 'number' ? [[name.replaceAll('_', ' '), value]] : [],
  );
  return { actions: new Map(limits), rules: Object.keys(settings) };
}

function objectOf(value: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const PARTS = ['own', 'allow', 'deny'] as const;
type Part = (typeof PARTS)[number];
/** Quotes are part of it: the first word of a line, as entries of a file are told apart. */
const keyOf = (address: string, part: Part): string => `"postdeck:${part}:${address}"`;

/** Above rules without a priority, whose number is 1; single senders before the threshold. */
const PRIORITY: Record<Part, number> = { own: 2, allow: 3, deny: 3 };
/** Past every sum of what other symbols add or take. */
const DECIDES = 1000;
const SYMBOL = { allow: 'POSTDECK_ALLOWED', deny: 'POSTDECK_DENIED' } as const;

/** Our lines for a user, by part; absent: none is needed. */
export function rulesOf(address: string, settings: FilterSettings, actions: Actions): Map<Part, string> {
  const rcpt = JSON.stringify(address);
  const found = new Map<Part, string>();
  const line = (part: Part, from: readonly string[] | null, rest: string): unknown => {
    const senders = from === null ? '' : ` from = ${JSON.stringify(from)};`;
    return found.set(
      part,
      `${keyOf(address, part)} { priority = ${PRIORITY[part]}; rcpt = ${rcpt};${senders} ${rest} }\n`,
    );
  };
  const { threshold, allow, deny } = settings;
  if (threshold !== null) line('own', null, `apply { ${marksFrom(threshold, actions)} }`);
  if (allow.length > 0) {
    line('allow', allow, `symbols = ["${SYMBOL.allow}"]; apply { scores { ${SYMBOL.allow} = -${DECIDES}; } }`);
  }
  if (deny.length > 0) {
    const marked = `actions { "add header" = 1; reject = null; greylist = null; "rewrite subject" = null; "soft reject" = null; }`;
    line('deny', deny, `symbols = ["${SYMBOL.deny}"]; apply { scores { ${SYMBOL.deny} = ${DECIDES}; } ${marked} }`);
  }
  return found;
}

/** Mail that is marked from this score on; what would come first below the refusal, such as greylisting, is left out. */
function marksFrom(threshold: number, actions: Actions): string {
  const above = [...actions]
    .filter(([name, limit]) => name !== 'add header' && name !== 'reject' && limit >= threshold)
    .map(([name]) => ` ${JSON.stringify(name)} = null;`);
  return `actions { "add header" = ${threshold};${above.sort().join('')} }`;
}

export interface RspamdState {
  filter: UserFilter;
  /** Our lines as they stand. */
  raw: Map<Part, string>;
}

/** @param content of local.d/settings.conf; null: there is none */
export function readRspamd(setup: Rspamd, account: Account, content: string | null): RspamdState {
  const entries = new Map(parseMapSource(content ?? '', 'map').map(({ key, raw }) => [key, raw]));
  const raw = new Map<Part, string>();
  for (const part of PARTS) {
    const line = entries.get(keyOf(account.address, part));
    if (line !== undefined) raw.set(part, line);
  }
  const settings: FilterSettings = {
    threshold: Number(/"add header" = ([\d.]+);/.exec(raw.get('own') ?? '')?.[1] ?? 0) || null,
    allow: sendersIn(raw.get('allow')),
    deny: sendersIn(raw.get('deny')),
  };
  const wanted = rulesOf(account.address, settings, setup.actions);
  // greylisting and the like may have been given other limits since: that part is not compared
  const bare = (line = ''): string => line.replace(/actions \{.*?\}/, '');
  const strange = PARTS.some((part) => bare(raw.get(part)) !== bare(wanted.get(part)));
  return {
    raw,
    filter: {
      name: 'rspamd',
      place: RSPAMD_SETTINGS,
      settings,
      byHand: setup.rules.filter((name) => !name.startsWith('postdeck:')).slice(0, 20),
      usual: setup.actions.get('add header') ?? null,
      readOnly: unsafe(account.address) ? notWritable(account.address) : strange ? changed(account.address) : null,
      note: together(),
    },
  };
}

function sendersIn(line = ''): string[] {
  try {
    return (JSON.parse(/ from = (\[[^\]]*\]);/.exec(line)?.[1] ?? '[]') as unknown[]).map(String);
  } catch {
    return [];
  }
}

/** A slash begins a regular expression there, a dollar sign names a variable. */
export const unsafe = (address: string): boolean => /^@?\/|[$"\\]/.test(address);

/** The writes that give a user these settings; null: they stand already. */
export function rspamdWrites(
  setup: Rspamd,
  state: RspamdState,
  { address, settings, exists }: { address: string; settings: FilterSettings; exists: boolean },
): { writes: Writes; warnings: Text[] } | null {
  if (state.filter.readOnly !== null) throw new Failure('UNSUPPORTED', state.filter.readOnly);
  const odd = [...settings.allow, ...settings.deny].find(unsafe);
  if (odd !== undefined) throw new Failure('BAD_INPUT', notWritable(odd));
  if (JSON.stringify(settings) === JSON.stringify(state.filter.settings)) return null;
  const writes: Writes = { ...noWrites(), rspamd: true };
  const file: Omit<FileWrite, 'edits'> = {
    path: RSPAMD_SETTINGS,
    format: 'map',
    map: null,
    ...(exists ? {} : { fresh: 'create' as const }),
  };
  const wanted = rulesOf(address, settings, setup.actions);
  for (const part of PARTS) {
    const [before, after] = [state.raw.get(part) ?? null, wanted.get(part) ?? null];
    addEdit(writes, file, { key: keyOf(address, part), before, after });
  }
  const refusedAt = setup.actions.get('reject');
  const { threshold } = settings;
  const late = threshold !== null && refusedAt !== undefined && threshold >= refusedAt;
  return { writes, warnings: [together(), ...(late ? [refusedBefore(refusedAt)] : [])] };
}

/**
 * Our lines go with an account that is deleted, and move along with one that is renamed: who gets the address next must not
 * find them.
 * @param gone old address, and the new one; null: none
 */
export function followAccounts(writes: Writes, content: string, gone: ReadonlyMap<string, string | null>): void {
  if (!content.includes('"postdeck:')) return;
  const entries = new Map(parseMapSource(content, 'map').map(({ key, raw }) => [key, raw]));
  const file: Omit<FileWrite, 'edits'> = { path: RSPAMD_SETTINGS, format: 'map', map: null };
  for (const [address, to] of gone) {
    for (const part of PARTS) {
      const raw = entries.get(keyOf(address, part));
      if (raw === undefined) continue;
      writes.rspamd = true;
      addEdit(writes, file, { key: keyOf(address, part), before: raw, after: null });
      if (to === null || unsafe(to)) continue;
      const moved = raw
        .replace(keyOf(address, part), () => keyOf(to, part))
        .replace(`rcpt = ${JSON.stringify(address)};`, () => `rcpt = ${JSON.stringify(to)};`);
      addEdit(writes, file, { key: keyOf(to, part), before: entries.get(keyOf(to, part)) ?? null, after: moved });
    }
  }
}

/** Our rules of a change that rspamd's configuration, as rspamd itself reads it, does not have; or still has. */
export async function rspamdDisagrees(machine: Machine, file: FileWrite, signal: AbortSignal): Promise<string[]> {
  const setup = await surveyRspamd(machine, signal, true);
  if (setup === null) return [];
  const there = (key: string): boolean => setup.rules.includes(key.replaceAll('"', ''));
  return file.edits.filter(({ key, after }) => there(key) !== (after !== null)).map(({ key }) => `rspamd ${key}`);
}

const together = (): Text =>
  text(
    /*i18n*/ {
      id: 'filter.rspamd.together',
      message:
        'rspamd judges a message once for all its recipients, by the addresses it was sent to: what is set for one of them counts for all, and nothing for aliases',
    },
  );

const refusedBefore = (score: number): Text =>
  text(
    /*i18n*/ {
      id: 'filter.rspamd.refused',
      message: 'The server refuses mail from a score of {score} on, before that',
    },
    { score },
  );

const notWritable = (address: string): Text =>
  text(
    /*i18n*/ {
      id: 'filter.rspamd.sign',
      message: '{address} has a sign that means more than itself in rspamd’s configuration',
    },
    { address },
  );

const changed = (address: string): Text =>
  text(
    /*i18n*/ {
      id: 'filter.changed-by-hand',
      message: 'The lines of Postdeck in {path} were changed by hand; the settings of {address} are left as they are',
    },
    { path: RSPAMD_SETTINGS, address },
  );
