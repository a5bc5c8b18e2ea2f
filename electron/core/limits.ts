/** Limits of the core, each with what it stops. Servers, mail and files are written by strangers. */

/** Bytes of one message read to show it. A 60 MB message would otherwise fill the page's memory several times over. */
export const SHOW_BYTES = 8 * 1024 * 1024;

/**
 * Lines of one message read to show it. Decoding costs about 12 microseconds a line, whatever its length: without this,
 * 8 MiB of empty lines would stop the console for two minutes. 100,000 lines of base64 are 7.3 MiB.
 */
export const SHOW_LINES = 100_000;

/** Characters of one decoded body handed to the page: a screenful of work, under a socket's 8 MiB with both bodies. */
export const BODY_CHARS = 1024 * 1024;

/** Headers of one message that are shown, and characters of each: a header bomb must not hang a list. */
export const HEADERS_SHOWN = 1_000;
export const HEADER_CHARS = 16_384;

/** Attachments listed. */
export const ATTACHMENTS_SHOWN = 500;

/** Depth of MIME parts (RFC 2046 sets none). Past this a message is an attack on whoever parses it by recursion. */
export const MIME_DEPTH = 64;

/** Raw bytes in one batch of a source stream: base64 makes it 4/3, and eight batches are under way at most. */
export const SOURCE_CHUNK = 192 * 1024;

/** Messages in one batch of a list stream: about 300 kB. */
export const LIST_BATCH = 1_000;

/** How long a plan may wait to be run: the queue moves on, and what was agreed to is no longer what is there. */
export const PLAN_MS = 15 * 60_000;
/** Plans kept at once; the oldest goes. One page needs one, a script that never applies must not fill memory. */
export const PLANS_KEPT = 50;

/** Targets told one by one in a change and its journal entry; the counts are always whole. */
export const OUTCOMES_KEPT = 1_000;

/** Groups of targets shown in a plan. */
export const GROUPS_SHOWN = 100;
