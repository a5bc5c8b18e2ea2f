import type { Facts } from './facts.ts';

/** Postfix's alphabet of long ids: digits and letters without vowels (global/mail_queue.h). `z` parts time and inode. */
const BASE52 = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz';
/** Six characters of seconds and four of microseconds stand before the `z`. */
const LONG_TIME = 10;
const LONG_MICRO = 4;

type HashFacts = Pick<Facts, 'hashedQueues' | 'hashDepth'>;

/** Whether an id is of the long kind (enable_long_queue_ids), which is not reused. */
export function isLongId(id: string): boolean {
  return id.lastIndexOf('z') >= LONG_TIME;
}

/** Path of a message's file below the queue directory: `deferred/7/7595318E2F`. */
export function queuePath(facts: HashFacts, queue: string, id: string): string {
  return `${queue}/${hashDirectories(facts, queue, id)}${id}`;
}

/** `7/` for a hashed queue, nothing for a flat one. Long ids are hashed by their microsecond in five hex digits. */
export function hashDirectories(facts: HashFacts, queue: string, id: string): string {
  if (!facts.hashedQueues.includes(queue)) return '';
  let key = id;
  if (isLongId(id)) {
    const at = id.lastIndexOf('z');
    const micro = Array.from(id.slice(at - LONG_MICRO, at)).reduce((sum, c) => sum * 52 + BASE52.indexOf(c), 0);
    key = micro.toString(16).toUpperCase().padStart(5, '0');
  }
  let path = '';
  for (let i = 0; i < facts.hashDepth; i += 1) path += `${key[i] ?? '_'}/`;
  return path;
}

/** The part of an id that says when the message came: it is kept when a message is put back under a new inode. */
export function idTime(id: string): string {
  return isLongId(id) ? id : id.slice(0, 5);
}

/** The id at the end of a path. */
export function idOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
