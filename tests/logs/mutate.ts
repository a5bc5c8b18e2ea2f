/** Lines that no program ever wrote: the samples of all dialects, damaged. */
import { DIALECTS } from '#log-index/dialects/index.ts';
import type { Random } from '../bench/genlog/random.ts';

export const SAMPLES = DIALECTS.flatMap((d) => d.samples.map((s) => s.line));

/** A sample with some bytes changed, cut, doubled or taken from another sample. */
export function mutate(r: Random): Buffer {
  const bytes = Buffer.from(r.pick(SAMPLES));
  const n = r.int(1, 6);
  let out = bytes;
  for (let i = 0; i < n; i++) {
    const at = r.int(0, out.length + 1);
    const what = r.int(0, 5);
    if (what === 0) out = Buffer.concat([out.subarray(0, at), Buffer.from([r.int(0, 256)]), out.subarray(at + 1)]);
    else if (what === 1) out = out.subarray(0, at);
    else if (what === 2) out = Buffer.concat([out, out.subarray(at)]);
    else if (what === 3)
      out = Buffer.concat([
        out.subarray(0, at),
        Buffer.from(r.pick(['<', '>', '[', ']', ': ', ', ', '(', '=<', '\0'])),
        out.subarray(at),
      ]);
    else {
      const other = Buffer.from(r.pick(SAMPLES));
      out = Buffer.concat([out.subarray(0, at), other.subarray(r.int(0, other.length))]);
    }
    if (out.length > 4000) out = out.subarray(0, 4000);
  }
  return Buffer.from(out.map((c) => (c === 10 ? 32 : c)));
}

/** A mutated line, and now and then bytes that mean nothing. */
export function strange(r: Random): Buffer {
  return r.chance(0.1) ? Buffer.from(Array.from({ length: r.int(0, 200) }, () => r.int(11, 256))) : mutate(r);
}
