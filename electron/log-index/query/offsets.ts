/** Offsets of a zone for many moments: asked once for each day, since the formatter behind them is slow. */
import { offsetAt } from '../index/zone-clock.ts';

const DAY = 86400;

/** By zone and day: the offset, where it is one for the whole day. */
const DAYS = new Map<string, Map<number, number | 'turns'>>();

/** As `offsetAt`. No zone turns its clock and back within a day: where both ends agree, so does what lies between. */
export function offsetNear(zone: string, unix: number): number {
  const day = Math.floor(unix / DAY);
  let known = DAYS.get(zone);
  if (known === undefined) {
    known = new Map();
    DAYS.set(zone, known);
  }
  let offset = known.get(day);
  if (offset === undefined) {
    const begin = offsetAt(zone, day * DAY);
    offset = begin === offsetAt(zone, (day + 1) * DAY) ? begin : 'turns';
    if (known.size > 10_000) known.clear();
    known.set(day, offset);
  }
  return offset === 'turns' ? offsetAt(zone, unix) : offset;
}
