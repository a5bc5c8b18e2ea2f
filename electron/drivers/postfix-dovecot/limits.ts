const KiB = 1024;
const MiB = 1024 * KiB;

/** Limits of this driver, each with what it stops and why that number. */
export const LIMITS = {
  /** One line of postqueue -j. A message to 100,000 recipients, each with a reason of 300 bytes, is about 40 MiB. */
  LISTING_LINE_BYTES: 64 * MiB,
  /** Rows handed on at once: 1,000 rows are a wire message of about 300 KiB, read in some milliseconds. */
  LISTING_BATCH: 1000,
  /** Rows that came are handed on after this many milliseconds, also when the batch is not full. */
  LISTING_BATCH_MS: 100,
  /** Listing a queue of 500,000 takes about 40 s on a small server. */
  LISTING_SECONDS: 900,

  /** Messages in the first command of a verb: checked in about 50 ms, so that work starts at once. */
  FIRST_BATCH: 1000,
  /** Messages in every later command: half a second of postsuper(1). A cancel waits for one at most. */
  BATCH: 5000,
  /** Ids that postqueue -i flushes in one command; each takes about 5 ms. */
  FLUSH_BATCH: 200,
  /** One command of a verb. 5,000 messages take half a second; a slow disk may need a hundred times that. */
  BATCH_SECONDS: 300,

  /**
   * Bytes of a queue file read to recognise its message. Size, arrival, login and sender stand first; smtpd(8) writes
   * about 150 bytes before the sender, a login is 320 bytes at the longest.
   */
  HEAD_BYTES: 1200,
  /** From this many ids on, which of them are gone is read from the directories: 100,000 names take 50 ms. */
  NAMES_FROM: 1000,
  /** Names of all queue files: two million of 30 bytes, some of them twice. */
  NAMES_BYTES: 128 * MiB,
  /**
   * The same of a queue file that is there whole, in an archive. A sender may be as long as a line, 2 KiB by default
   * (line_length_limit), and some sites allow more.
   */
  ARCHIVE_HEAD_BYTES: 64 * KiB,
  /** All heads of one reading: 500,000 messages of about 400 bytes. */
  HEADS_BYTES: 1024 * MiB,
  /** Envelope of one message as text: 100,000 recipients of three lines. */
  ENVELOPE_BYTES: 32 * MiB,
  /** Raw source of one message. message_size_limit is 10 MB by default, some servers take a gigabyte. */
  SOURCE_BYTES: 4096 * MiB,
  SOURCE_SECONDS: 1800,
  /** Copying messages out or putting them back: 10 GiB over a link of 10 Mbit/s take 2.5 hours. */
  ARCHIVE_SECONDS: 4 * 3600,
  ARCHIVE_BYTES: 64 * 1024 * MiB,
  /** postconf -n of a large site is about 20 KiB. */
  SETTINGS_BYTES: 4 * MiB,
  PROBE_SECONDS: 30,
  /** The end of a command's words kept for the journal. */
  OUTPUT_KEPT: 2 * KiB,
} as const;
