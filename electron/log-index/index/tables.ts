/** What the index knows, as tables. Numbers called `...Id` name strings of the dictionary; 0 means unknown. */
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
  /** Hashes of Message-ID and user of a delivery session. */
  messageId: Uint32Array,
  user: Uint32Array,
};

export interface Tables {
  nodes: Table<typeof NODE_COLUMNS>;
  messages: Table<typeof MESSAGE_COLUMNS>;
  recipients: Table<typeof RECIPIENT_COLUMNS>;
  rejects: Table<typeof REJECT_COLUMNS>;
  logins: Table<typeof LOGIN_COLUMNS>;
  sessions: Table<typeof SESSION_COLUMNS>;
}

/** Empty tables; `bytes` of log expected decides how much address space is set aside. */
export function createTables(bytes = 0): Tables {
  const rows = (per: number): number => Math.max(1024, Math.ceil(bytes / per));
  return {
    nodes: createTable(NODE_COLUMNS, rows(300)),
    messages: createTable(MESSAGE_COLUMNS, rows(1600)),
    recipients: createTable(RECIPIENT_COLUMNS, rows(1200)),
    rejects: createTable(REJECT_COLUMNS, rows(4000)),
    logins: createTable(LOGIN_COLUMNS, rows(4000)),
    sessions: createTable(SESSION_COLUMNS, rows(600)),
  };
}
