/** What this server lets a user's script do beyond the base: judge by a spam score, notify, run a program. Probed. */
import type { Machine } from '#remote/machine.ts';
import type { SieveOffers } from '#shared/model/mailbox.ts';
import { text } from '#shared/model/text.ts';
import type { ConfSection } from '../accounts/config.ts';
import { FRAME_SH, parseFrames, utf8 } from '../accounts/frames.ts';
import { lineOf, rootScript, runScript } from '../root-script.ts';

/** Loading rspamd's whole configuration costs a quarter of a second of a processor: not for every drawer opened. */
const KEPT_MS = 600_000;
const kept = new WeakMap<Machine, { at: number; offers: Promise<SieveOffers> }>();

/** Reads the folder of programs, or an empty line. It is listed where Dovecot's configuration names it. */
export const OFFERS = rootScript(
  'postdeck-accounts-offers',
  ['accounts.read'],
  `${FRAME_SH}
IFS= read -r d || exit 64
exec < /dev/null
s milters postconf -h smtpd_milters
if command -v rspamadm >/dev/null 2>&1; then
  s headers rspamadm configdump -j milter_headers
  s actions rspamadm configdump -j actions
fi
[ -z "$d" ] || ! doveconf -n 2>/dev/null | sed -n 's/^ *sieve_pipe_bin_dir = *//p' | grep -qxF -- "$d" ||
  s programs find -L "$d" -mindepth 1 -maxdepth 1 -type f -perm /111 -printf '%f\\n'
exit 0
`,
);

/** A name that Pigeonhole takes for a program: no path, nothing a shell would see. */
export const PROGRAM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export async function sieveOffers(machine: Machine, dovecot: ConfSection, signal: AbortSignal): Promise<SieveOffers> {
  const known = kept.get(machine);
  if (known && performance.now() - known.at < KEPT_MS) return known.offers;
  const offers = read(machine, dovecot, signal);
  kept.set(machine, { at: performance.now(), offers });
  // a failed reading is not kept: the next drawer asks again
  offers.catch(() => kept.delete(machine));
  return offers;
}

async function read(machine: Machine, dovecot: ConfSection, signal: AbortSignal): Promise<SieveOffers> {
  const plugin = pluginOf(dovecot);
  const folder = plugin.get('sieve_pipe_bin_dir') ?? '';
  const { stdout } = await runScript(machine, OFFERS, {
    name: 'read what users’ scripts may do',
    reads: true,
    data: lineOf(folder),
    signal,
  });
  return offersOf(plugin, parseFrames(stdout));
}

/** Settings of `plugin { … }`, those in protocol sections too: delivery is where scripts run. */
export function pluginOf(section: ConfSection): Map<string, string> {
  const found = new Map<string, string>();
  for (const each of section.sections) {
    if (each.kind === 'plugin') for (const [name, value] of each.values) found.set(name, value);
    if (each.kind === 'protocol' && ['lmtp', 'lda'].includes(each.name)) {
      for (const [name, value] of pluginOf(each)) found.set(name, value);
    }
  }
  return found;
}

/** Pure: the sections of the probe. */
export function offersOf(plugin: ReadonlyMap<string, string>, frames: ReadonlyMap<string, string>): SieveOffers {
  return { spam: spamOf(frames), notify: notifyOf(plugin), hooks: hooksOf(plugin, frames) };
}

/** sieve_extensions: a whole list, or changes to the defaults by + and -. vnd.dovecot.pipe is not among the defaults. */
function allows(plugin: ReadonlyMap<string, string>, extension: string, byDefault: boolean): boolean {
  const words = (plugin.get('sieve_extensions') ?? '').split(/\s+/).filter((word) => word !== '');
  if (words.includes(`-${extension}`)) return false;
  if (words.includes(extension) || words.includes(`+${extension}`)) return true;
  return byDefault && words.every((word) => /^[+-]/.test(word));
}

function notifyOf(plugin: ReadonlyMap<string, string>): SieveOffers['notify'] {
  if (allows(plugin, 'enotify', true)) return { available: true };
  return {
    available: false,
    why: text(
      /*i18n*/ {
        id: 'sieve.no-enotify',
        message: 'Dovecot does not let users’ scripts notify (sieve_extensions, enotify)',
      },
    ),
  };
}

function hooksOf(plugin: ReadonlyMap<string, string>, frames: ReadonlyMap<string, string>): SieveOffers['hooks'] {
  const folder = plugin.get('sieve_pipe_bin_dir') ?? '';
  const loaded = /\bsieve_extprograms\b/.test(plugin.get('sieve_plugins') ?? '');
  if (!loaded || !allows(plugin, 'vnd.dovecot.pipe', false) || folder === '') {
    return {
      available: false,
      why: text(
        /*i18n*/ {
          id: 'sieve.no-pipe',
          message:
            'Dovecot runs no programs for users’ scripts (sieve_plugins = sieve_extprograms, sieve_extensions = +vnd.dovecot.pipe, sieve_pipe_bin_dir)',
        },
      ),
    };
  }
  const programs = utf8(frames.get('programs') ?? '')
    .split('\n')
    .filter((name) => PROGRAM.test(name))
    .sort();
  if (programs.length > 0) return { available: true, folder, programs };
  return {
    available: false,
    why: text(
      /*i18n*/ { id: 'sieve.no-programs', message: 'There is no program in {folder} that a script could run' },
      { folder },
    ),
  };
}

function spamOf(frames: ReadonlyMap<string, string>): SieveOffers['spam'] {
  const headers = objectOf(frames.get('headers'));
  const milters = utf8(frames.get('milters') ?? '').trim();
  if (headers === null || milters === '') {
    return {
      available: false,
      why: text(
        /*i18n*/ {
          id: 'sieve.no-rspamd',
          message: 'No rspamd judges the mail of this server, so there is no score to go by',
        },
      ),
    };
  }
  const used = Array.isArray(headers['use']) ? headers['use'] : [];
  const routines = objectOf(headers['routines']);
  const renamed = routines !== null && 'x-spam-level' in routines;
  if (!used.includes('x-spam-level') || renamed || 'x-spam-level' in headers) {
    return {
      available: false,
      why: text(
        /*i18n*/ {
          id: 'sieve.no-level',
          message: 'rspamd does not write its score into mail as X-Spam-Level (milter_headers, use)',
        },
      ),
    };
  }
  const reject = Number(objectOf(frames.get('actions'))?.['reject']);
  return { available: true, by: 'rspamd', refusedAt: Number.isFinite(reject) ? reject : null };
}

function objectOf(value: unknown): Record<string, unknown> | null {
  let parsed = value;
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value);
    } catch {
      return null;
    }
  }
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : null;
}
