import { describe, expect, it } from 'vitest';
import { lostFailure } from '#remote/ssh/command-failures.ts';

describe('a connection that is cut', () => {
  it('during a command that only reads: nothing was changed, and it can be tried again', () => {
    const failure = lostFailure('mx1.example', { name: 'list the queue', reads: true }, null);
    expect(failure).toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
      text: { id: 'remote.lost.reading', values: { host: 'mx1.example', name: 'list the queue' } },
      hint: { id: 'remote.lost.reading.hint' },
    });
  });

  it('during any other: its fate is not known, and the server is looked at first', () => {
    const failure = lostFailure('mx1.example', { name: 'delete' }, new Error('read ECONNRESET'));
    expect(failure).toMatchObject({
      text: { id: 'remote.lost.during', values: { name: 'delete', why: 'read ECONNRESET' } },
      hint: { id: 'remote.lost.hint' },
      detail: { name: 'delete' },
    });
  });
});
