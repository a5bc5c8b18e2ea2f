/** Limits of logs, each with what it stops. Anybody on the internet writes into a mail log. */

/** Raw lines shown of one trace: a session that sends commands for hours must not fill the page's memory. */
export const STORY_LINES = 5_000;

/** Traces in one block of an export: about 300 kB, made in a few milliseconds, so that other questions pass between. */
export const EXPORT_TRACES = 256;

/** Lines in one batch, and in one answer: 1 M lines are about 300 MB in memory while they are handed out. */
export const LINES_BATCH = 1_000;
export const LINES_MOST = 1_000_000;

/** Trace ids in one block of an attribution. */
export const ATTRIBUTION_BLOCK = 32_768;

/** How an index job that ended is remembered. */
export const ENDED_KEPT = 50;

/** Bytes of one uploaded file: larger ones are read where they are, by the desktop app or the terminal. */
export const UPLOAD_BYTES = 16 * 1024 ** 3;
