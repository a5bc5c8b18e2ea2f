/** One simulated mail server: processes that are reused, process ids that wrap, queue ids of both kinds. */
import type { Random } from './random.ts';
import { SECOND } from './output.ts';

const CONSONANTS = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz';

/** A number in Postfix's base 52 (or 51 for inodes), left-padded with zeros. */
export function base(n: number, radix: number, width: number): string {
  let s = '';
  for (let v = n; v > 0; v = Math.floor(v / radix)) s = CONSONANTS[v % radix] + s;
  return s.padStart(width, '0');
}

export interface QueueId {
  id: string;
  slot: number | null;
}

export class Host {
  readonly name: string;
  /** What every line of this host starts with. */
  readonly at: string;
  private pid: number;
  private readonly idle = new Map<string, { free: number; pid: number; uses: number }[]>();
  private readonly slots: number[] = [];
  private slotCount = 0;
  private readonly finished: { id: string; time: number; slot: number | null }[] = [];
  private readonly inode: number;
  readonly daemon: Record<'qmgr' | 'postscreen' | 'dovecot' | 'opendkim' | 'opendmarc' | 'anvil' | 'postgrey', number>;
  readonly rspamd: number[];
  /** Ids that are in use, and until when: a message's end is known before it has come. */
  private readonly active = new Map<string, number>();
  /** Those of the past are forgotten when there are so many. */
  private cleanAt = 100_000;
  private readonly r: Random;
  private readonly pidMax: number;

  constructor(r: Random, name: string, pidMax: number) {
    this.r = r;
    this.name = name;
    this.at = `${name} `;
    this.pidMax = pidMax;
    this.pid = r.int(800, 3000);
    this.inode = r.int(0x100000, 0x3fffff);
    this.daemon = {
      qmgr: this.newPid(),
      postscreen: this.newPid(),
      dovecot: this.newPid(),
      opendkim: this.newPid(),
      opendmarc: this.newPid(),
      anvil: this.newPid(),
      postgrey: this.newPid(),
    };
    this.rspamd = [this.newPid(), this.newPid(), this.newPid(), this.newPid()];
  }

  newPid(): number {
    this.pid += 1 + this.r.int(0, 12);
    if (this.pid > this.pidMax) this.pid = 300 + this.r.int(0, 50);
    return this.pid;
  }

  /** A process of a service that is free at `t`. */
  take(service: string, t: number): { pid: number; uses: number } {
    const list = this.idle.get(service);
    const i = list === undefined ? -1 : list.findIndex((p) => p.free <= t);
    if (list !== undefined && i >= 0) {
      const [p] = list.splice(i, 1);
      if (p !== undefined) return { pid: p.pid, uses: p.uses };
    }
    return { pid: this.newPid(), uses: 0 };
  }

  /** The process is free again from `t` on; after a hundred uses it ends. */
  give(service: string, p: { pid: number; uses: number }, t: number): void {
    if (p.uses >= 99) return;
    const list = this.idle.get(service) ?? [];
    list.push({ free: t, pid: p.pid, uses: p.uses + 1 });
    this.idle.set(service, list);
  }

  newQueueId(t: number, long: boolean, reuse: number): QueueId {
    if (this.active.size > this.cleanAt) {
      for (const [id, until] of this.active) if (until < t - 3600 * SECOND) this.active.delete(id);
      this.cleanAt = Math.max(100_000, this.active.size * 2);
    }
    const oldest = this.finished[0];
    if (!long && oldest !== undefined && this.r.chance(reuse) && oldest.time < t - 60 * SECOND) {
      const take = Math.min(this.finished.length, 1 + this.r.int(0, 500));
      for (let i = 0; i < take; i++) {
        const one = this.finished.shift();
        if (one === undefined || one.time >= t - 60 * SECOND) break;
        if (this.free(one.id, t)) {
          this.active.set(one.id, Number.POSITIVE_INFINITY);
          return { id: one.id, slot: null };
        }
      }
    }
    const slot = this.slots.length > 0 ? (this.slots.shift() as number) : this.slotCount++;
    for (let at = t; ; at++) {
      const inode = this.inode + slot;
      const micro = Math.floor(at % SECOND);
      const id = long
        ? `${base(Math.floor(at / SECOND), 52, 6)}${base(micro, 52, 4)}z${base(inode, 51, 0)}`
        : `${micro.toString(16).toUpperCase().padStart(5, '0')}${inode.toString(16).toUpperCase()}`;
      if (!this.free(id, at)) continue;
      this.active.set(id, Number.POSITIVE_INFINITY);
      return { id, slot };
    }
  }

  /** Whether an id names no file of the queue at `t`. */
  private free(id: string, t: number): boolean {
    return (this.active.get(id) ?? Number.NEGATIVE_INFINITY) < t;
  }

  freeQueueId(q: QueueId, t: number): void {
    this.active.set(q.id, t);
    if (q.slot !== null) this.slots.push(q.slot);
    if (this.finished.length < 20_000 && this.r.chance(0.05)) this.finished.push({ id: q.id, time: t, slot: q.slot });
  }
}
