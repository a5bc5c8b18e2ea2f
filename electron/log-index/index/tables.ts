/**
 * What the index knows, as tables. Numbers called `...Id` name strings of the dictionary; 0 means unknown. The compiled
 * correlator has the same tables in the same memory: see `compiled/compile.ts`.
 */
import { HEAP, type Room } from './room.ts';
import { createTable, type Table } from './table.ts';

/** What a node is. A trace is a set of nodes joined by `up`; its head is the node that says what the trace is about. */
export const NODE = {
  none: 0,
  /** One life of a queue id. Row of `messages`. */
  queue: 1,
  /** A message in front of a before-queue filter: no queue id of its own. Row of `messages`. */
  proxy: 2,
  /** Row of `rejects`. */
  reject: 3,
  /** Row of `logins`. */
  login: 4,
  /** An smtpd session. Row of `sessions`. */
  session: 5,
  /** A postscreen session. Row of `sessions`. */
  screen: 6,
  /** Lines of a process that has not yet named what it works on. */
  pending: 7,
  /** One message in a content filter. Row of `sessions`. */
  scan: 8,
  /** A Dovecot delivery session. Row of `sessions`. */
  delivery: 9,
  /** A ban of an address. Row of `sessions`: client and jail. */
  ban: 10,
  /** A scanner's update. */
  update: 11,
  /** An operation on an account. */
  account: 12,
} as const;

export const NODE_COLUMNS = {
  kind: Uint8Array,
  /** Host number. */
  host: Uint16Array,
  /** Union-find parent; itself at the root. */
  up: Uint32Array,
  /** Next node of the same trace, in a circle. */
  ring: Uint32Array,
  /** At the root: the node that stands for the trace. */
  head: Uint32Array,
  /** Last line of this node plus one; lines chain backwards. */
  last: Uint32Array,
  /** First and last time, Unix seconds, and milliseconds of the first. */
  t0: Uint32Array,
  ms0: Uint16Array,
  t1: Uint32Array,
  row: Uint32Array,
};

export const FLAG = {
  /** The line that gave the id was seen. */
  born: 1,
  /** smtpd or pickup said who brought it: a second such line means a second owner of the id. */
  client: 2,
  closed: 4,
  active: 8,
  held: 16,
  /** It went on under another queue id, or as the next hop. */
  continues: 32,
  /** It is the second queue id of a message. */
  continued: 64,
  expired: 128,
  judged: 256,
  submission: 512,
  pickup: 1024,
  /** A notification of delay was sent for it. */
  delayed: 2048,
  notification: 4096,
  forward: 8192,
} as const;

export const MESSAGE_COLUMNS = {
  node: Uint32Array,
  queueId: Uint32Array,
  messageId: Uint32Array,
  from: Uint32Array,
  size: Uint32Array,
  clientIp: Uint32Array,
  clientName: Uint32Array,
  login: Uint32Array,
  flags: Uint32Array,
  /** smtpd session node. */
  session: Uint32Array,
  /** Node that made this one: the message a notification or forward belongs to. */
  parent: Uint32Array,
  /** Children: first one, and the next child of the same parent (nodes). */
  child: Uint32Array,
  sibling: Uint32Array,
  /** Earlier life of the same queue id, and earlier message with the same Message-ID (nodes). */
  earlier: Uint32Array,
  sameId: Uint32Array,
  /** Greylisted attempt before this one (node). */
  prior: Uint32Array,
  /** When it was closed. */
  closed: Uint32Array,
  recipient: Uint32Array,
  lastRecipient: Uint32Array,
  recipients: Uint32Array,
  /** 0 none, 1 rspamd, 2 amavis, 3 spamd, 4 other. */
  engine: Uint8Array,
  action: Uint8Array,
  score: Int32Array,
};

export const RECIPIENT_FLAG = { handedOver: 1, hopDone: 2 } as const;

export const RECIPIENT_COLUMNS = {
  message: Uint32Array,
  next: Uint32Array,
  to: Uint32Array,
  originalTo: Uint32Array,
  relay: Uint32Array,
  dsn: Uint32Array,
  status: Uint8Array,
  flags: Uint8Array,
  attempts: Uint16Array,
  /** Line of the last attempt plus one, and its time. */
  line: Uint32Array,
  time: Uint32Array,
  /** Milliseconds of the last attempt: in all, before the queue manager, in it, connecting, sending. */
  delay: Uint32Array,
  before: Uint32Array,
  queued: Uint32Array,
  connect: Uint32Array,
  transfer: Uint32Array,
  reason: Uint32Array,
  /** Hash of the queue id that a remote host gave. */
  hop: Uint32Array,
};

export const REJECT_COLUMNS = {
  node: Uint32Array,
  session: Uint32Array,
  clientIp: Uint32Array,
  clientName: Uint32Array,
  from: Uint32Array,
  to: Uint32Array,
  helo: Uint32Array,
  reason: Uint32Array,
  code: Uint16Array,
  dsn: Uint32Array,
  action: Uint8Array,
  /** 1: postscreen said it. 2: greylisting. */
  flags: Uint8Array,
};

export const LOGIN_COLUMNS = {
  node: Uint32Array,
  user: Uint32Array,
  clientIp: Uint32Array,
  session: Uint32Array,
  protocol: Uint8Array,
  /** 1 logged in, 0 refused. */
  ok: Uint8Array,
  secured: Uint8Array,
  /** 1: start seen, 2: end seen. */
  flags: Uint8Array,
};

export const SESSION_FLAG = {
  passed: 1,
  taken: 2,
  ended: 4,
  early: 8,
  linked: 16,
  finished: 32,
  /** Its Disconnect was logged before its Connect. */
  reversed: 64,
} as const;

export const SESSION_COLUMNS = {
  node: Uint32Array,
  clientIp: Uint32Array,
  clientName: Uint32Array,
  port: Uint16Array,
  flags: Uint8Array,
  /** TLS version, or what postscreen saw. */
  detail: Uint8Array,
  /** First and current transaction (nodes). */
  first: Uint32Array,
  current: Uint32Array,
  /** Earlier session of the same client (node). */
  earlier: Uint32Array,
  /** When an smtpd session that began in the log was over, Unix seconds; 0: not seen. */
  ended: Uint32Array,
  /** Hashes of Message-ID and user of a delivery session. */
  messageId: Uint32Array,
  user: Uint32Array,
};

/** What a process is: a pid is remembered for each kind apart, since a reused one does not inherit. */
export const PROCESS = { none: 0, smtpd: 1, client: 2, lmtp: 3 } as const;

/** Processes that have something open. Not stored: they are known anew from the tables. */
export const PROCESS_COLUMNS = {
  kind: Uint8Array,
  /** Its session (node), the transaction its lines belong to, and lines that belong to the next one. */
  session: Uint32Array,
  current: Uint32Array,
  next: Uint32Array,
  /** What its last session ended with. */
  before: Uint32Array,
  /** The session before this one, ended or not. */
  previous: Uint32Array,
  /** Line plus one of a Disconnect that may have been that session's. */
  doubt: Uint32Array,
  time: Uint32Array,
};

export type Processes = Table<typeof PROCESS_COLUMNS>;

/** How one message led to another. */
export const ROLE = { none: 0, filter: 1, notification: 2, delay: 3, forward: 4 } as const;

export interface Tables {
  nodes: Table<typeof NODE_COLUMNS>;
  messages: Table<typeof MESSAGE_COLUMNS>;
  recipients: Table<typeof RECIPIENT_COLUMNS>;
  rejects: Table<typeof REJECT_COLUMNS>;
  logins: Table<typeof LOGIN_COLUMNS>;
  sessions: Table<typeof SESSION_COLUMNS>;
}

/** Bytes of log for each row of a table, at least: how much address space is set aside. */
const BYTES_PER_ROW = { nodes: 300, messages: 1600, recipients: 1200, rejects: 4000, logins: 4000, sessions: 600 };

/** Empty tables for about `bytes` bytes of log, in this room. */
export function createTables(bytes = 0, room: Room = HEAP): Tables {
  const rows = (table: keyof Tables): number => Math.max(1024, Math.ceil(bytes / BYTES_PER_ROW[table]));
  return {
    nodes: createTable(NODE_COLUMNS, rows('nodes'), room),
    messages: createTable(MESSAGE_COLUMNS, rows('messages'), room),
    recipients: createTable(RECIPIENT_COLUMNS, rows('recipients'), room),
    rejects: createTable(REJECT_COLUMNS, rows('rejects'), room),
    logins: createTable(LOGIN_COLUMNS, rows('logins'), room),
    sessions: createTable(SESSION_COLUMNS, rows('sessions'), room),
  };
}
