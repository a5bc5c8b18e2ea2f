import { expect, test } from 'vitest';
import { ChangeRequest } from '#shared/model/change.ts';
import { canLeaveOut, leaveOutSenders } from '../../../renderer/app/change/left-out.ts';

const on = { serverId: 's' };

test.each([
  [
    { by: 'ids', ids: ['4d2QBtzLZhL'] },
    { by: 'ids', ids: ['4d2QBtzLZhL'], without: [{ sender: '=*@x.example' }, { sender: '<>' }] },
  ],
  [
    { by: 'all', except: ['4d2QBtzLZhL'] },
    { by: 'all', except: ['4d2QBtzLZhL'], without: [{ sender: '=*@x.example' }, { sender: '<>' }] },
  ],
  [
    { by: 'filter', filter: { olderThan: 60, without: [{ login: 'a' }] }, except: [] },
    {
      by: 'filter',
      filter: { olderThan: 60, without: [{ login: 'a' }, { sender: '=*@x.example' }, { sender: '<>' }] },
      except: [],
    },
  ],
] as const)('senders are left out to the letter: %o', (target, expected) => {
  const request = ChangeRequest.parse({ kind: 'queue.hold', ...on, target });
  const less = leaveOutSenders(request, ['*@x.example', '<>']);
  expect(less).toEqual({ ...request, target: expected });
  // What the dialog asks for is what the contract takes.
  expect(ChangeRequest.safeParse(less).success).toBe(true);
});

test('other changes stay as they are', () => {
  const request = ChangeRequest.parse({ kind: 'queue.restore', ...on, changeId: 'c' });
  expect(leaveOutSenders(request, ['a@x.example'])).toBe(request);
  expect(canLeaveOut(request, 0)).toBe(false);
});

test('no more than the contract takes', () => {
  const without = Array.from({ length: 48 }, (_, at) => ({ sender: `u${at}@x.example` }));
  const request = ChangeRequest.parse({ kind: 'queue.hold', ...on, target: { by: 'all', without } });
  expect(canLeaveOut(request, 1)).toBe(true);
  expect(canLeaveOut(request, 2)).toBe(false);
});
