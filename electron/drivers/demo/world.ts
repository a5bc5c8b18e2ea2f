import type { QueueMessage, QueueName } from '#shared/model/queue.ts';
import { base52, pick, randomFrom } from './random.ts';
import { DESTINATIONS, NAMES, ORDINARY, STOLEN_LOGIN, WAVE_SENDERS, WAVE_SUBJECTS } from './story.ts';

/** A message of the demo server, with what its source is made from. */
export interface DemoMessage {
  message: QueueMessage;
  subject: string;
  client: string | null;
  /** Id under which its source was first made: a requeued message keeps its content. */
  origin: string;
  originSize: number;
  /** Times it went through cleanup again; each adds a Received header. */
  passes: number;
}

export const DEMO_MESSAGES = 18_402;
const WAVE = 13_105;
const SEED = 20_261_122;
/** A number without a factor in common with DEMO_MESSAGES: steps through every place once, in a mixed order. */
const STRIDE = 7_919;

/** The queue as it stood at `epoch` (epoch milliseconds): the same messages on every computer. */
export function makeWorld(epoch: number): DemoMessage[] {
  const world: DemoMessage[] = [];
  for (let i = 0; i < DEMO_MESSAGES; i += 1) world.push(makeMessage((i * STRIDE) % DEMO_MESSAGES, epoch));
  return world;
}

function makeMessage(index: number, epoch: number): DemoMessage {
  const random = randomFrom(SEED + index * 2_654_435);
  const wave = index < WAVE;
  const ordinary = weighted(random, ORDINARY);
  const sender = wave ? pick(random, WAVE_SENDERS) : ordinary.address;
  const queue = queueOf(index);
  // The wave grows towards now; ordinary mail goes back four days, the life of a message before it bounces.
  const age = wave ? 600 + 36_000 * random() ** 1.4 : 120 + 330_000 * random() ** 2.2;
  const seconds = queue === 'active' ? Math.min(age, 1_800 * random() + 30) : age;
  const count = wave ? 1 : random() < 0.08 ? 2 + Math.floor(random() * 4) : 1;
  const to = weighted(random, DESTINATIONS);
  const recipients = Array.from({ length: count }, () => {
    const at = count === 1 ? to : weighted(random, DESTINATIONS);
    const address = `${pick(random, NAMES)}${random() < 0.5 ? '' : Math.floor(random() * 90 + 10)}@${at.domain}`;
    const reason = fill(pick(random, at.reasons), address, random);
    return { address, reason: queue === 'deferred' || (queue === 'hold' && random() < 0.5) ? reason : null };
  });
  const id = `4d${base52(index * 11 + 52 ** 3, 4)}z${base52(Math.floor(random() * 52 ** 4), 4)}`;
  const size = wave
    ? pick(random, [48_213, 61_704, 70_902, 71_411, 214_086])
    : 3_000 + Math.floor(random() ** 3 * 90_000);
  return {
    message: {
      id,
      queue,
      arrivalTime: new Date(Math.floor((epoch - seconds * 1000) / 1000) * 1000).toISOString(),
      size,
      sender,
      recipients,
      forcedExpire: false,
      login: wave ? STOLEN_LOGIN : ordinary.login,
    },
    subject: wave ? pick(random, WAVE_SUBJECTS) : pick(random, ordinary.subjects),
    client: wave ? `203.0.113.${150 + Math.floor(random() * 8)}` : ordinary.client,
    origin: id,
    originSize: size,
    passes: 0,
  };
}

function queueOf(index: number): QueueName {
  // Spread evenly, so that the wave and ordinary mail are both among the held (217) and the active (about 1,300).
  if (index % 85 === 3) return 'hold';
  return index % 14 === 5 ? 'active' : 'deferred';
}

function weighted<T extends { weight: number }>(random: () => number, from: readonly T[]): T {
  let at = random() * from.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of from) {
    at -= item.weight;
    if (at < 0) return item;
  }
  return pick(random, from);
}

function fill(reason: string, to: string, random: () => number): string {
  return reason
    .replaceAll('{ip}', String(20 + Math.floor(random() * 12)))
    .replaceAll('{to}', to)
    .replaceAll('{n}', String(15 + Math.floor(random() * 280)))
    .replaceAll('{id}', base52(Math.floor(random() * 52 ** 7), 8));
}
