import type { QueueLevel } from '#shared/model/queue.ts';

/**
 * At most `points` samples of a series: time is cut into equal spans, and of each the lowest and the highest stay, in
 * their order. Peaks and gaps stay as they were; nothing is averaged.
 */
export function thinOut(levels: readonly QueueLevel[], points: number): QueueLevel[] {
  if (levels.length <= points) return [...levels];
  const first = Date.parse(levels[0]?.at ?? '');
  const last = Date.parse(levels.at(-1)?.at ?? '');
  const spans = Math.max(1, Math.floor(points / 2));
  const width = Math.max(1, (last - first + 1) / spans);
  const kept: QueueLevel[] = [];
  let at = 0;
  for (let span = 0; span < spans; span += 1) {
    const end = span === spans - 1 ? Number.POSITIVE_INFINITY : first + (span + 1) * width;
    let low: number | null = null;
    let high: number | null = null;
    for (; at < levels.length && Date.parse(levels[at]?.at ?? '') < end; at += 1) {
      if (low === null || total(levels[at]) < total(levels[low])) low = at;
      if (high === null || total(levels[at]) > total(levels[high])) high = at;
    }
    if (low === null || high === null) continue;
    for (const place of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      const level = levels[place];
      if (level !== undefined) kept.push(level);
    }
  }
  return kept;
}

function total(level: QueueLevel | undefined): number {
  return level === undefined ? 0 : level.active + level.deferred + level.hold + level.incoming;
}
