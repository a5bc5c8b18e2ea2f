/** Makes one log and its truth. Same options, same bytes. */
import { writeFileSync } from 'node:fs';
import { offsetAt } from '#log-index/index/zone-clock.ts';
import { Host } from './host.ts';
import { Output, SECOND } from './output.ts';
import { Random } from './random.ts';
import * as sessions from './sessions.ts';
import { Simulation } from './sim.ts';
import { makeWorld } from './world.ts';

export interface GenerateOptions {
  seed: number;
  /** New arrivals stop at this size. */
  bytes: number;
  /** Mean arrivals per second at midday. */
  rate: number;
  /** Local time of the first second, `2026-11-02T00:00:00`, in `zone`. */
  start: string;
  zone: string;
  /** Header format; mixed: traditional for the first half, then RFC 3339. */
  time: 'trad' | 'rfc3339' | 'mixed';
  /** Queue ids; mixed: short for the first half, then long. */
  ids: 'short' | 'long' | 'mixed';
  hosts: string[];
  /** Share of short ids taken from earlier, removed messages. */
  reuse: number;
  /** Share of lines pushed one to three places down. */
  jitter: number;
  /** maximal_queue_lifetime, seconds. */
  lifetime: number;
  /** Drop what is logged after arrivals stop; truth says `truncated`. */
  cut: boolean;
  pidMax: number;
}

export const DEFAULTS: GenerateOptions = {
  seed: 1,
  bytes: 20e6,
  rate: 12,
  start: '2026-11-02T00:00:00',
  zone: 'Europe/Berlin',
  time: 'trad',
  ids: 'short',
  hosts: ['mx1'],
  reuse: 0.002,
  jitter: 0.003,
  lifetime: 86400,
  cut: false,
  pidMax: 99999,
};

const KINDS: [number, (s: Simulation, t: number, h: Host) => void][] = [
  [0.34, (s, t, h) => sessions.inbound(s, t, h)],
  [0.48, sessions.submission],
  [0.505, sessions.local],
  [0.65, sessions.postscreen],
  [0.725, sessions.refusal],
  [0.77, sessions.greylisting],
  [0.85, sessions.authFailure],
  [0.985, sessions.mailbox],
  [1.01, sessions.noise],
];

/** Writes `log`, `truth` (one JSON object per trace) and `lines` (u32 per line: its trace, 0 for none). */
export function generate(
  options: Partial<GenerateOptions>,
  log: string,
  truth: string,
  lines: string,
): Record<string, number> {
  const o = { ...DEFAULTS, ...options };
  const r = new Random(o.seed);
  const local = Date.parse(`${o.start}Z`) / 1000;
  const first = local - offsetAt(o.zone, local - offsetAt(o.zone, local));
  const out = new Output(r, o.zone, o.jitter, first, log, truth);
  out.rfc3339 = o.time === 'rfc3339';
  const world = makeWorld(r);
  const s = new Simulation(r, out, world, { lifetime: o.lifetime, reuse: o.reuse });
  s.longIds = o.ids === 'long';
  const hosts = o.hosts.map((name) => new Host(r, name, o.pidMax));
  let t = first * SECOND;
  for (let arrivals = 1; ; arrivals++) {
    // busy days, quiet nights
    const hour = ((t / SECOND - first) / 3600) % 24;
    const busy = 0.25 + 1.5 * Math.max(0, 1 - Math.abs(hour - 13) / 11);
    t += Math.floor(r.exp(o.rate * busy) * SECOND) + 1;
    s.runUntil(t);
    const x = r.next();
    const h = r.pick(hosts);
    for (const [limit, make] of KINDS) {
      if (x >= limit) continue;
      make(s, t, h);
      break;
    }
    if ((arrivals & 255) !== 0) continue;
    out.flush(Math.floor(t / SECOND));
    if (out.bytes >= o.bytes / 2) {
      if (o.time === 'mixed') out.rfc3339 = true;
      if (o.ids === 'mixed') s.longIds = true;
    }
    if (out.bytes >= o.bytes) break;
  }
  if (o.cut) out.cutAt = Math.floor(t / SECOND);
  for (let at = s.step(), n = 0; at !== undefined; at = s.step())
    if ((++n & 1023) === 0) out.flush(Math.floor(at / SECOND));
  out.flush(out.lastSecond() + 1);
  const stop = Math.floor(t / SECOND);
  const summary = { lines: out.traceOfLine.length, bytes: out.bytes, traces: s.traceCount, ...s.counts };
  out.truth({ kind: 'summary', seed: o.seed, arrivals_stop: stop, ...summary });
  out.close();
  writeFileSync(lines, new Uint8Array(Uint32Array.from(out.traceOfLine).buffer));
  return summary;
}
