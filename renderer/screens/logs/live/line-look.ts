import type { Tone } from '../../../ui/parts.tsx';
import { withoutHead } from '../story-steps.ts';

/** What a raw line says that one must not overlook. Most say nothing: they stay quiet. */
export type Concern = 'deferred' | 'bounced' | 'refused' | 'held' | 'warning' | 'failed' | 'delivered';

export const CONCERN_TONE: Record<Concern, Tone> = {
  delivered: 'ok',
  deferred: 'warn',
  warning: 'warn',
  bounced: 'bad',
  failed: 'bad',
  held: 'held',
  refused: 'mute',
};

const STATUS: Readonly<Record<string, Concern>> = {
  sent: 'delivered',
  deferred: 'deferred',
  bounced: 'bounced',
  expired: 'bounced',
  undeliverable: 'bounced',
};

/** Characters looked at: what decides stands in the first few hundred. */
const LOOKED_AT = 2000;

export function concernOf(text: string): Concern | null {
  const part = text.slice(0, LOOKED_AT);
  const status = / status=([a-z]+)/.exec(part)?.[1];
  if (status !== undefined) return STATUS[status] ?? null;
  if (/: (?:fatal|panic|error): /i.test(part)) return 'failed';
  if (/: warning: /i.test(part)) return 'warning';
  if (/: (?:NOQUEUE: )?(?:milter-)?(?:reject|END-OF-MESSAGE|discard|proxy-reject)\b/.test(part)) return 'refused';
  if (/: (?:NOQUEUE: )?(?:milter-)?hold: /.test(part)) return 'held';
  if (/auth(?:entication)? fail|Password mismatch/i.test(part)) return 'refused';
  return null;
}

/** A raw line without time and host, split into the program's tag, the queue ID if it begins with one, and the rest. */
export function partsOf(text: string): { tag: string; id: string; rest: string } {
  const plain = withoutHead(text);
  const tag = /^[^\s:[\]]{1,60}(?:\[\d+\])?: /.exec(plain)?.[0] ?? '';
  const body = plain.slice(tag.length);
  const id =
    /^(?:[0-9A-F]{5,15}|(?=[0-9A-Za-z]*\d)[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}): /.exec(body)?.[0].slice(0, -2) ??
    '';
  return { tag: tag.slice(0, -2), id, rest: body.slice(id.length) };
}
