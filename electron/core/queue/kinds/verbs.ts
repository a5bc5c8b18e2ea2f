import type { QueueMessage } from '#shared/model/queue.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { Standing, VerbKind } from './verb.ts';

const isIn = (standing: Standing, test: (message: QueueMessage) => boolean): boolean =>
  typeof standing === 'object' && test(standing.now);
const isAbsent = (standing: Standing): boolean => typeof standing === 'string';
const isHeld = ({ queue }: QueueMessage): boolean => queue === 'hold';

/** Messages that are being delivered at this moment: what the verb does to them may come too late. */
export function activeWarning(messages: readonly QueueMessage[]): Text[] {
  const count = messages.filter(({ queue }) => queue === 'active').length;
  if (count === 0) return [];
  return [
    text(
      /*i18n*/ {
        id: 'queue.warn.active',
        message:
          '{count, plural, one {# message is being delivered now and may go out} other {# messages are being delivered now and may go out}} before this reaches them; sent ones are skipped and listed',
      },
      { count },
    ),
  ];
}

export const HOLD: VerbKind = {
  kind: 'queue.hold',
  verb: 'hold',
  capability: 'queue.hold',
  title: (count, server) =>
    text(
      /*i18n*/ {
        id: 'queue.hold.title',
        message: 'Hold {count, plural, one {# message} other {# messages}} on {server}',
      },
      { count, server },
    ),
  effect: text(
    /*i18n*/ {
      id: 'queue.hold.effect',
      message: 'They stay in the queue and are not delivered until they are released',
    },
  ),
  stage: text(/*i18n*/ { id: 'queue.hold.stage', message: 'Hold' }),
  harms: false,
  fits: (message) => !isHeld(message),
  unfit: (count) =>
    text(
      /*i18n*/ {
        id: 'queue.hold.unfit',
        message:
          '{count, plural, one {# message is on hold already and stays} other {# messages are on hold already and stay}} so',
      },
      { count },
    ),
  warnings: (messages) => Promise.resolve(activeWarning(messages)),
  undo: 'full',
  undoNote: text(/*i18n*/ { id: 'queue.hold.undo', message: 'Undo releases the messages that this change held' }),
  cancelLeaves: text(
    /*i18n*/ { id: 'queue.hold.leaves', message: 'What is held by then stays on hold; undo releases it' },
  ),
  isDone: (standing) => isIn(standing, isHeld),
  untold: text(/*i18n*/ { id: 'queue.hold.untold', message: 'Not known' }),
  inverse: 'queue.release',
};

export const RELEASE: VerbKind = {
  kind: 'queue.release',
  verb: 'release',
  capability: 'queue.release',
  title: (count, server) =>
    text(
      /*i18n*/ {
        id: 'queue.release.title',
        message: 'Release {count, plural, one {# message} other {# messages}} on {server}',
      },
      { count, server },
    ),
  effect: text(
    /*i18n*/ { id: 'queue.release.effect', message: 'They leave hold and are delivered at the next queue run' },
  ),
  stage: text(/*i18n*/ { id: 'queue.release.stage', message: 'Release' }),
  harms: false,
  fits: isHeld,
  unfit: (count) =>
    text(
      /*i18n*/ {
        id: 'queue.release.unfit',
        message:
          '{count, plural, one {# message is not on hold and is left} other {# messages are not on hold and are left}} out',
      },
      { count },
    ),
  warnings: () => Promise.resolve([]),
  // Not full: a message that has been delivered cannot be called back.
  undo: 'partial',
  undoNote: text(
    /*i18n*/ {
      id: 'queue.release.undo',
      message: 'Undo holds again what is still in the queue; what was delivered by then is gone',
    },
  ),
  cancelLeaves: text(
    /*i18n*/ { id: 'queue.release.leaves', message: 'What is released by then may be delivered at once' },
  ),
  isDone: (standing) => !isIn(standing, isHeld),
  untold: text(/*i18n*/ { id: 'queue.release.untold', message: 'Not known' }),
  inverse: 'queue.hold',
};

export const REQUEUE: VerbKind = {
  kind: 'queue.requeue',
  verb: 'requeue',
  capability: 'queue.requeue',
  title: (count, server) =>
    text(
      /*i18n*/ {
        id: 'queue.requeue.title',
        message: 'Requeue {count, plural, one {# message} other {# messages}} on {server}',
      },
      { count, server },
    ),
  effect: text(
    /*i18n*/ {
      id: 'queue.requeue.effect',
      message: 'They go through address rewriting and routing again under new queue ids, and delivery is tried anew',
    },
  ),
  stage: text(/*i18n*/ { id: 'queue.requeue.stage', message: 'Requeue' }),
  harms: false,
  fits: () => true,
  unfit: (count) => text(/*i18n*/ { id: 'queue.requeue.unfit', message: '{count} left out' }, { count }),
  warnings: async (messages, twice) => {
    const held = messages.filter(isHeld).length;
    const released =
      held === 0
        ? []
        : [
            text(
              /*i18n*/ {
                id: 'queue.requeue.held',
                message:
                  '{count, plural, one {# message on hold goes} other {# messages on hold go}} out with the others',
              },
              { count: held },
            ),
          ];
    return [...released, ...activeWarning(messages), ...(await twice())];
  },
  undo: 'none',
  undoNote: text(
    /*i18n*/ {
      id: 'queue.requeue.undo',
      message: 'The messages get new ids and are on their way; there is nothing to go back to',
    },
  ),
  cancelLeaves: text(
    /*i18n*/ { id: 'queue.requeue.leaves', message: 'What is requeued by then is delivered as usual' },
  ),
  // A message waiting for pickup still shows its old id (postsuper(1) -r); under any other queue it is untouched.
  isDone: (standing) => isAbsent(standing) || isIn(standing, ({ queue }) => queue === 'maildrop'),
  untold: text(/*i18n*/ { id: 'queue.requeue.untold', message: 'Not known' }),
  inverse: null,
};

export const FLUSH: VerbKind = {
  kind: 'queue.flush',
  verb: 'flush',
  capability: 'queue.flush',
  title: (count, server) =>
    text(
      /*i18n*/ {
        id: 'queue.flush.title',
        message: 'Try to deliver {count, plural, one {# message} other {# messages}} on {server} now',
      },
      { count, server },
    ),
  effect: text(
    /*i18n*/ { id: 'queue.flush.effect', message: 'Delivery is tried now instead of at the next queue run' },
  ),
  stage: text(/*i18n*/ { id: 'queue.flush.stage', message: 'Try delivery' }),
  harms: false,
  fits: (message) => !isHeld(message),
  unfit: (count) =>
    text(
      /*i18n*/ {
        id: 'queue.flush.unfit',
        message:
          '{count, plural, one {# message is on hold and is left} other {# messages are on hold and are left}} out; release them first',
      },
      { count },
    ),
  warnings: () => Promise.resolve([]),
  undo: 'none',
  undoNote: text(/*i18n*/ { id: 'queue.flush.undo', message: 'A delivery attempt cannot be taken back' }),
  cancelLeaves: text(/*i18n*/ { id: 'queue.flush.leaves', message: 'What was asked for by then is tried' }),
  // An attempt leaves no mark that tells it from the queue manager's own.
  isDone: (standing) => (isAbsent(standing) ? true : null),
  untold: text(
    /*i18n*/ {
      id: 'queue.flush.untold',
      message: 'The server does not tell which attempts were made; messages that fail again stay in the queue',
    },
  ),
  inverse: null,
};

export const BOUNCE: VerbKind = {
  kind: 'queue.bounce',
  verb: 'bounce',
  capability: 'queue.bounce',
  title: (count, server) =>
    text(
      /*i18n*/ {
        id: 'queue.bounce.title',
        message: 'Bounce {count, plural, one {# message} other {# messages}} on {server}',
      },
      { count, server },
    ),
  effect: text(
    /*i18n*/ {
      id: 'queue.bounce.effect',
      message: 'They are returned to their senders as undeliverable and leave the queue',
    },
  ),
  stage: text(/*i18n*/ { id: 'queue.bounce.stage', message: 'Bounce' }),
  harms: true,
  fits: () => true,
  unfit: (count) => text(/*i18n*/ { id: 'queue.bounce.unfit', message: '{count} left out' }, { count }),
  warnings: (messages) => {
    const nobody = messages.filter(({ sender }) => sender === '').length;
    const silent =
      nobody === 0
        ? []
        : [
            text(
              /*i18n*/ {
                id: 'queue.bounce.null',
                message:
                  '{count, plural, one {# message has} other {# messages have}} the null sender and can be returned to nobody: they are dropped',
              },
              { count: nobody },
            ),
          ];
    return Promise.resolve([...silent, ...activeWarning(messages)]);
  },
  undo: 'none',
  undoNote: text(/*i18n*/ { id: 'queue.bounce.undo', message: 'Bounces are sent at once and cannot be called back' }),
  cancelLeaves: text(
    /*i18n*/ { id: 'queue.bounce.leaves', message: 'What is bounced by then has gone back to its sender' },
  ),
  isDone: (standing) => isAbsent(standing) || isIn(standing, ({ forcedExpire }) => forcedExpire),
  untold: text(/*i18n*/ { id: 'queue.bounce.untold', message: 'Not known' }),
  inverse: null,
};
