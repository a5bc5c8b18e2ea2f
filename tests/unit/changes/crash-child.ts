/**
 * Another console on the same data folder: it starts a change and stops at one place in the middle, says so, and then
 * waits to be killed. Arguments: data folder, place, ids.
 */
import { deleteIds, demoWith, house, onIds } from '../core/house.ts';

const [dir = '', place = '', ...ids] = process.argv.slice(2);

const stopHere = (): Promise<never> => {
  process.send?.('here');
  return new Promise(() => undefined);
};

// Keeps the process alive while nothing else does.
setInterval(() => undefined, 60_000);
const half = Math.ceil(ids.length / 2);

const session = demoWith(
  (verbs) => ({
    hold: async (targets, watch) => {
      if (place !== 'hold') return verbs.hold(targets, watch);
      await verbs.hold(targets.slice(0, half), watch);
      return stopHere();
    },
    delete: async (targets, watch) => {
      if (place === 'before-delete') return stopHere();
      await verbs.delete(targets.slice(0, half), watch);
      return stopHere();
    },
  }),
  `${dir}/demo.json`,
);
const h = await house(dir, session);
await h.run(place === 'hold' ? onIds('queue.hold', ids) : deleteIds(ids, place !== 'delete-bare'));
