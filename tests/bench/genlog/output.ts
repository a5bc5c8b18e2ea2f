/** The log and its truth on disk: lines sorted by time with a few swapped, formats, the cut at the end. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { offsetAt } from '#log-index/index/zone-clock.ts';
import type { Random } from './random.ts';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
export const SECOND = 1_000_000;

export class Output {
  private readonly buckets = new Map<number, { t: number; text: string; trace: number }[]>();
  private readonly log: number;
  private readonly truthFile: number;
  private truthText: string[] = [];
  private text: string[] = [];
  private textBytes = 0;
  readonly traceOfLine: number[] = [];
  bytes = 0;
  next: number;
  rfc3339 = false;
  /** Unix second from which lines are dropped. */
  cutAt = Number.POSITIVE_INFINITY;
  private offset = { quarter: -1, seconds: 0 };

  private readonly r: Random;
  private readonly zone: string;
  private readonly jitter: number;

  constructor(r: Random, zone: string, jitter: number, start: number, log: string, truth: string) {
    this.r = r;
    this.zone = zone;
    this.jitter = jitter;
    this.next = start;
    this.log = openSync(log, 'w');
    this.truthFile = openSync(truth, 'w');
  }

  /** A line at `t` microseconds that belongs to `trace` (0: to none). `text` starts with the host. */
  line(t: number, text: string, trace: number): void {
    const second = Math.floor(t / SECOND);
    const bucket = this.buckets.get(second);
    if (bucket === undefined) this.buckets.set(second, [{ t, text, trace }]);
    else bucket.push({ t, text, trace });
  }

  truth(o: object): void {
    this.truthText.push(`${JSON.stringify(o)}\n`);
    if (this.truthText.length > 2000) this.flushTruth();
  }

  private flushTruth(): void {
    write(this.truthFile, this.truthText.join(''));
    this.truthText = [];
  }

  /** Local time parts of a Unix second. */
  local(second: number): { date: Date; offset: number } {
    const quarter = Math.floor(second / 900);
    if (this.offset.quarter !== quarter) this.offset = { quarter, seconds: offsetAt(this.zone, second) };
    return { date: new Date((second + this.offset.seconds) * 1000), offset: this.offset.seconds };
  }

  /** `Nov  2 00:00:00` */
  stamp(second: number): string {
    const { date } = this.local(second);
    return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 19)}`;
  }

  /** Writes every second before `limit`. */
  flush(limit: number): void {
    for (; this.next < limit; this.next++) {
      const bucket = this.buckets.get(this.next);
      if (bucket === undefined) continue;
      this.buckets.delete(this.next);
      if (this.next >= this.cutAt) continue;
      bucket.sort((a, b) => a.t - b.t);
      this.shake(bucket);
      const { date, offset } = this.local(this.next);
      const wall = `${this.stamp(this.next)} `;
      const day = `${date.toISOString().slice(0, 19)}.`;
      const minutes = Math.abs(offset) / 60;
      const zone = `${offset < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')} `;
      for (const { t, text, trace } of bucket) {
        const line = this.rfc3339
          ? `${day}${String(Math.floor(t % SECOND)).padStart(6, '0')}${zone}${text}\n`
          : `${wall}${text}\n`;
        this.text.push(line);
        this.textBytes += Buffer.byteLength(line);
        this.traceOfLine.push(trace);
      }
      this.bytes += this.textBytes;
      this.textBytes = 0;
      if (this.text.length > 5000) this.flushText();
    }
  }

  /** Pushes a few lines one to three places down; never past a line of the same process. */
  private shake(bucket: { text: string }[]): void {
    const n = bucket.length;
    for (let k = Math.floor(n * this.jitter + this.r.next()); k > 0; k--) {
      let i = this.r.int(0, n);
      for (let steps = this.r.int(1, 4); steps > 0 && i + 1 < n; steps--, i++) {
        const [x, y] = [bucket[i], bucket[i + 1]];
        if (x === undefined || y === undefined || x.text.split(']')[0] === y.text.split(']')[0]) break;
        bucket[i] = y;
        bucket[i + 1] = x;
      }
    }
  }

  private flushText(): void {
    write(this.log, this.text.join(''));
    this.text = [];
  }

  /** The last second that has lines waiting. */
  lastSecond(): number {
    let last = this.next;
    for (const second of this.buckets.keys()) if (second > last) last = second;
    return last;
  }

  close(): void {
    this.flushText();
    this.flushTruth();
    closeSync(this.log);
    closeSync(this.truthFile);
  }
}

function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
