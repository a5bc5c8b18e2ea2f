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

/** Time between two looks at a log that does not grow: lines appear within half a second, an idle look costs two forks. */
export const POLL_MS = 300;

/** Bytes read by one question of the watching process; a larger backlog goes through a stream of its own. */
export const READ_MOST = 1024 * 1024;
export const STREAM_FROM = 4 * READ_MOST;
/** Bytes of one such stream: they are kept in memory until it is sure that they are of one log. */
export const STREAM_MOST = 16 * 1024 * 1024;

/** How much of the past a mirror begins with: enough for a day of a busy server, a second or two to index. */
export const START_BYTES = 256 * 1024 * 1024;
export const START_DAYS = 7;
/** A packed log is taken for this many times its size when the past is chosen. */
export const PACKED_RATIO = 8;

/** A renamed log is still watched for lines that its writer had open: rsyslog and postlogd let go within a second. */
export const DRAIN_MS = 60_000;
export const DRAIN_LOOK_MS = 1_000;

/** Bytes of one file of a mirror, and of a whole mirror: past that its oldest file goes. 4 GiB index into about 1 GB of memory. */
export const SEGMENT_BYTES = 256 * 1024 * 1024;
export const KEEP_BYTES = 4 * 1024 ** 3;

/** Seconds between saves of a growing index; a save takes up to a second per GB, and a crash only reads again. */
export const SAVE_SECONDS = 60;

/** Waits between tries to reach a server again: the first and the longest. */
export const RETRY_FIRST_MS = 1_000;
export const RETRY_LONGEST_MS = 30_000;

/** How long a log is followed after its last reader has left: changing the screen and back must not begin anew. */
export const LINGER_MS = 30_000;

/** Lines in one event of a tail, the least time between two, and how far its reader may fall behind. */
export const TAIL_LINES = 500;
export const TAIL_MS = 40;
export const TAIL_BEHIND = 100_000;
/** Gaps told. */
export const GAPS_KEPT = 20;

/** Characters of a line that the rules of the timeline see: a real one has under 4,096, a hostile one is worth no more. */
export const TOLD_CHARS = 8_192;

/** Names looked through in one folder for a path that is typed: a maildir has a million. */
export const LOOKED_THROUGH_NAMES = 20_000;
/** Files whose beginnings are looked at for a zone, and how much of each: the first lines decide. */
export const LOOKED_AT_FILES = 8;
export const ZONE_HEAD_BYTES = 16 * 1024;
