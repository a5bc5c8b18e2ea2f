/** Verdicts of content filters, and how they find their message. Also compiled: see `compiled/compile.ts`. */
import { FLAG, NODE, ROLE, SESSION_FLAG } from '../index/tables.ts';
import { ACTION } from '../scan/records.ts';
import { refuse } from './refuse.ts';
import { scanWithoutMessage } from './scans.ts';
import type { Correlation } from './state.ts';

type Rec = Uint32Array;

export function rspamd(c: Correlation, r: Rec, i: number): void {
  const m = c.t.messages;
  const action = r[i + 5];
  let node = 0;
  if (r[i] !== 0) node = c.queue(r[i], 0, 0);
  else if (r[i + 1] !== 0) node = c.byMessageId[r[i + 1]];
  if (node === 0) return;
  c.put(node);
  const row = c.t.nodes.row[node];
  m.engine[row] = 1;
  m.action[row] = action;
  m.score[row] = r[i + 6];
  m.messageId[row] ||= r[i + 1];
  m.clientIp[row] ||= r[i + 2];
  m.login[row] ||= r[i + 3];
  m.from[row] ||= r[i + 4];
  m.size[row] ||= r[i + 7];
  if (
    action === ACTION.reject ||
    action === ACTION.greylist ||
    action === ACTION['soft reject'] ||
    action === ACTION.discard
  ) {
    const rc = c.t.recipients;
    const known = m.recipient[row];
    const judged = (m.flags[row] & FLAG.judged) !== 0;
    for (let k = i + 9, end = i + 9 + r[i + 8]; k < end; k++) {
      if (!judged) {
        if (r[k] !== 0) c.aside.list(node, r[k]);
      } else if (known !== 0)
        // the refusal was logged first
        refuse(c, node, r[k], rc.status[known], rc.dsn[known], rc.reason[known]);
    }
  }
}

/** The filter's task node for a scan id of this host; amavis reuses ids, so an old one is another task. */
function scanNode(c: Correlation, scanId: number): number {
  const nodes = c.t.nodes;
  const s = c.t.sessions;
  const node = c.ref[scanId];
  if (node !== 0 && nodes.kind[node] === NODE.scan && nodes.host[node] === c.host) {
    const finished = (s.flags[nodes.row[node]] & SESSION_FLAG.finished) !== 0;
    if (nodes.t1[node] + (finished ? 2 : 600) >= c.now) return node;
  }
  const fresh = c.session(NODE.scan, 0, 0);
  c.ref[scanId] = fresh;
  return fresh;
}

export function amavisLine(c: Correlation, r: Rec, i: number): void {
  const node = scanNode(c, r[i]);
  c.put(node);
  const queueId = r[i + 1] || r[i + 2];
  if (queueId !== 0) c.join(c.queue(queueId, 0, 0), node);
}

export function amavis(c: Correlation, r: Rec, i: number): void {
  const m = c.t.messages;
  const node = scanNode(c, r[i]);
  const row = c.t.nodes.row[node];
  c.put(node);
  c.t.sessions.flags[row] |= SESSION_FLAG.finished;
  const action = r[i + 6];
  const score = r[i + 7];
  const first = r[i + 1] !== 0 ? c.queue(r[i + 1], 0, 0) : 0;
  const second = r[i + 2] !== 0 ? c.queue(r[i + 2], 0, 0) : 0;
  if (first !== 0) c.join(first, node);
  else if (second !== 0) c.join(second, node);
  if (first !== 0 && second !== 0) c.relate(first, second, ROLE.filter);
  const copies = i + 10 + r[i + 9];
  for (let k = 1; k <= r[copies]; k++) {
    const copy = c.queue(r[copies + k], 0, 0);
    if (first !== 0) c.relate(first, copy, ROLE.filter);
    else if (second !== 0) {
      m.flags[c.t.nodes.row[copy]] |= FLAG.continued;
      c.join(second, copy);
    }
  }
  const message = first || second;
  if (message !== 0) {
    const at = c.t.nodes.row[message];
    m.engine[at] = 2;
    m.action[at] = action;
    m.score[at] = score;
    return;
  }
  scanWithoutMessage(c, r, i, node);
}

export function spamd(c: Correlation, r: Rec, i: number): void {
  const node = r[i] !== 0 ? c.byMessageId[r[i]] : 0;
  if (node === 0 || c.t.nodes.t1[node] + 3600 < c.now) return;
  c.put(node);
  const m = c.t.messages;
  const row = c.t.nodes.row[node];
  if (m.engine[row] !== 0) return;
  m.engine[row] = 3;
  m.action[row] = r[i + 1];
  m.score[row] = r[i + 2];
}

/** A scanner's word on a queue id. What harms the mail is never replaced by what does not. */
export function verdict(c: Correlation, r: Rec, i: number): void {
  const node = c.queue(r[i], 0, 0);
  c.put(node);
  const m = c.t.messages;
  const row = c.t.nodes.row[node];
  const action = r[i + 2];
  m.clientIp[row] ||= r[i + 4];
  if (m.engine[row] !== 0 && action === ACTION['no action']) return;
  m.engine[row] = r[i + 1];
  m.action[row] = action;
  m.score[row] = r[i + 3];
}
