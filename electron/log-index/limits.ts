/**
 * Every bound of the log index in one place. Logs are hostile input: anybody on the internet writes into them by
 * connecting to port 25. Each limit names what it stops and why that number.
 */
export const LIMITS = {
  /** Bytes of a plain file that one task parses: small enough to keep both workers busy and memory flat. */
  chunkBytes: 2 << 20,
  /** Bytes read at once: with the strings met last they stay in a core's own cache while they are parsed. */
  readBytes: 256 << 10,
  /** Bytes set aside for the records of a task; ten times what usual lines need, taken by the system as it is used. */
  recordBytes: 2 << 20,
  /**
   * Bytes of log up to which the compiled correlator is used. Its memory ends at 4 GB; the tables take a third to a half
   * of a log, and those that had to grow leave as much behind. A denser log is read again by JavaScript.
   */
  compiledBytes: 3 * 2 ** 30,
  /** Chunks given out ahead of the correlator: enough to hide its pauses, few enough to bound memory. */
  chunksAhead: 6,
  /** A longer line is kept as one plain line and not parsed (a 10 MB line would otherwise be hashed field by field). */
  parsedLineBytes: 64 << 10,
  /** A file whose line has not ended after this is cut there and counted: a file without newlines cannot fill memory. */
  lineBytes: 16 << 20,
  /** An array of JSON entries is read as a whole; mailcow's API gives at most 10,000 entries, some megabytes. */
  jsonBytes: 256 << 20,
  /** Longest field kept as a string: RFC 5321 addresses are under 320, message-ids under 998 (RFC 5322 §2.1.1). */
  fieldBytes: 998,
  /** Recipients listed by one scanner line: above that the rest is left to the delivery lines. */
  listedRecipients: 1000,
  /** Host names of one set: a relay of a fleet has hundreds; random names in hostile lines share the last one. */
  hosts: 1023,
  /** Times of a line may go back this much (syslog reorders) before a jump means a new year or the end of DST. Seconds. */
  backwards: 120,
  /** A line of a closed queue id this long after its end belongs to the next owner of the id. Seconds. */
  lateLine: 10,
  /** One process's lines before and after each other, e.g. a PASS and its connect. Seconds. */
  handover: 15,
  /** How long a client may take to come back after a greylisting. Seconds. */
  greylistReturn: 2 * 86400,
  /** Members of an archive, and bytes of one compressed input after inflating: stops zip bombs. */
  archiveMembers: 10_000,
  inflatedBytes: 200 * 2 ** 30,
  /** A compressed file may not grow more than this (zstd reaches thousands on zeros, real logs 5-30). */
  inflationRatio: 2000,
  /** Bytes of tables that stay in memory between questions: those of about 2 GB of log. */
  tablesInMemory: 400 << 20,
  /** Bytes of strings that a question which needs most of them may take into memory: those of about 5 GB of log. */
  stringsInMemory: 256 << 20,
  /** Bytes of postings that stay in memory once a question about many strings has been asked: those of about 4 GB of log. */
  postingsInMemory: 128 << 20,
  /** Search workers wait this long for another search: starting them takes longer than searching 100 MB. Milliseconds. */
  searchersIdle: 30_000,
  /** Bytes of log in one search task: a cancelled search is over within milliseconds, and answers come as they are found. */
  searchBytes: 8 << 20,
  /** Nodes that may change before the lookup tables of a growing set are made anew: a question looks at each of them. */
  lookupChanges: 20_000,
  /** Rows that one page of an answer may hold when the caller sets no limit. */
  pageRows: 500,
} as const;
