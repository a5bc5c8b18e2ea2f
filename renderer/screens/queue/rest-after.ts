/** A server reads its queue for at most a quarter of the time: a reading that took 10 s is followed by 30 s of rest. */
const REST = 3;

/** Seconds between two readings that follow each other by themselves; 0: they do not. `ms`: what the last one took. */
export function restAfter(ms: number, refreshSeconds: number): number {
  return refreshSeconds === 0 ? 0 : Math.max(refreshSeconds, Math.ceil((REST * ms) / 1000));
}
