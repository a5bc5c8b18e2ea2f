import type { CapabilityId } from '#shared/model/server.ts';
import { ACCOUNT_COMMANDS, type AccountCommand } from './accounts/commands.ts';
import type { Facts } from './facts.ts';
import { LIMITS } from './limits.ts';
import { JOURNAL, STREAM, WATCH } from './logs/scripts.ts';
import * as scripts from './scripts.ts';

/** How an archive is compressed. */
export const CODECS = ['zstd', 'gzip', 'none'] as const;
export type Codec = (typeof CODECS)[number];

/** tar's option for a codec. `--no-auto-compress` changes nothing: an argument must stand there, also for none. */
const TAR_OPTION: Record<Codec, string> = { zstd: '--zstd', gzip: '--gzip', none: '--no-auto-compress' };

export type RootCommand =
  | 'hold'
  | 'release'
  | 'requeue'
  | 'expire'
  | 'delete'
  | 'deleteHeld'
  | 'heads'
  | 'allHeads'
  | 'names'
  | 'envelope'
  | 'source'
  | `copyOut.${Codec}`
  | `restore.${Codec}`
  | 'logWatch'
  | 'logStream'
  | 'logJournal'
  | AccountCommand;

interface Rooted {
  argv: readonly string[];
  /** What the console cannot do without it. */
  serves: readonly CapabilityId[];
}

const CHANGES: readonly CapabilityId[] = [
  'queue.hold',
  'queue.release',
  'queue.requeue',
  'queue.bounce',
  'queue.delete',
  'queue.copies',
  'queue.restore',
];

/**
 * Every command that this driver runs as root, and the one place where their arguments are written: the verbs run them,
 * and the sudoers lines name them. None has an argument that changes from call to call: ids, paths and archives go over
 * standard input, so that each line of sudoers allows exactly one thing.
 */
export function rootCommands(facts: Facts): Record<RootCommand, Rooted> {
  const sh = facts.paths.sh ?? '/bin/sh';
  const logs = [codecFor(facts), ...facts.logs.places.flatMap((place) => (place.kind === 'file' ? [place.path] : []))];
  const postsuper = facts.paths.postsuper ?? '/usr/sbin/postsuper';
  const postcat = facts.paths.postcat ?? '/usr/sbin/postcat';
  const queue = facts.queueDirectory;
  const bytes = String(LIMITS.HEAD_BYTES);
  const depth = String(facts.hashedQueues.includes('hold') ? facts.hashDepth : 0);
  // sudo compares arguments joined by spaces: it would also allow the script cut at any space, with its own words as
  // arguments. Then $0 is one of these words, and the first command, before which there is nothing, ends it.
  const script = (name: string, source: string, ...args: string[]): string[] => [
    sh,
    '-c',
    `test "$0" = ${name} || exit 64; ${source}`,
    name,
    ...args,
  ];
  const copyOut = (codec: Codec): Rooted => ({
    argv: script('postdeck-copy', scripts.COPY_OUT, `${queue}/hold`, TAR_OPTION[codec]),
    serves: ['queue.copies'],
  });
  const restore = (codec: Codec): Rooted => ({
    argv: script('postdeck-restore', scripts.RESTORE, queue, facts.mailOwner, TAR_OPTION[codec], depth),
    serves: ['queue.restore'],
  });
  return {
    hold: { argv: [postsuper, '-h', '-'], serves: ['queue.hold', 'queue.copies'] },
    release: { argv: [postsuper, '-H', '-'], serves: ['queue.release', 'queue.restore'] },
    requeue: { argv: [postsuper, '-r', '-'], serves: ['queue.requeue'] },
    expire: { argv: [postsuper, '-f', '-'], serves: ['queue.bounce'] },
    delete: { argv: [postsuper, '-d', '-'], serves: ['queue.delete'] },
    deleteHeld: { argv: [postsuper, '-d', '-', 'hold'], serves: ['queue.delete'] },
    heads: { argv: script('postdeck-heads', scripts.HEADS, queue, bytes), serves: [...CHANGES, 'queue.show'] },
    allHeads: { argv: script('postdeck-logins', scripts.ALL_HEADS, queue, bytes), serves: ['queue.logins'] },
    // Without it the same is asked of each message's file, which takes longer.
    names: { argv: script('postdeck-names', scripts.NAMES, queue), serves: [] },
    envelope: { argv: script('postdeck-envelope', scripts.ENVELOPE, queue, postcat), serves: ['queue.show'] },
    source: { argv: script('postdeck-source', scripts.SOURCE, postcat), serves: ['queue.show'] },
    'copyOut.zstd': copyOut('zstd'),
    'copyOut.gzip': copyOut('gzip'),
    'copyOut.none': copyOut('none'),
    'restore.zstd': restore('zstd'),
    'restore.gzip': restore('gzip'),
    'restore.none': restore('none'),
    logWatch: { argv: script('postdeck-logs', WATCH, ...logs), serves: ['logs.read'] },
    logStream: { argv: script('postdeck-log', STREAM, ...logs), serves: ['logs.read'] },
    logJournal: { argv: script('postdeck-journal', JOURNAL), serves: ['logs.read'] },
    ...ACCOUNT_COMMANDS,
  };
}

/** The commands that this server can be asked to run: one codec of the archive is enough. */
export function neededCommands(facts: Facts): { name: RootCommand; rooted: Rooted }[] {
  const codec = codecFor(facts);
  return (Object.entries(rootCommands(facts)) as [RootCommand, Rooted][])
    .filter(([name]) => !/^(copyOut|restore)\./.test(name) || name.endsWith(`.${codec}`))
    .filter(([name]) => !name.startsWith('log') || needsRootLog(name, facts.logs))
    .map(([name, rooted]) => ({ name, rooted }));
}

/** Logs that this user can read are read without root. */
function needsRootLog(name: string, { root, places }: Facts['logs']): boolean {
  return root && places.some(({ kind }) => (kind === 'journal') === (name === 'logJournal'));
}

/** The best compression that both the server and this program have. */
export function codecFor(facts: Facts, here: { zstd: boolean } = HERE): Codec {
  if (facts.paths.zstd !== undefined && here.zstd) return 'zstd';
  return facts.paths.gzip === undefined ? 'none' : 'gzip';
}

/** zstd came to node:zlib with Node 22.15; the console runs from 22.12. */
export const HERE = { zstd: 'zstd' in process.versions };
