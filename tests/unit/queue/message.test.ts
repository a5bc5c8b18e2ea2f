import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { BODY_CHARS, HEADERS_SHOWN, SHOW_BYTES, SHOW_LINES } from '#core/limits.ts';
import { openMessage } from '#core/queue/message.ts';
import { openDemo } from '#drivers/index.ts';
import { demoWith, never, queueOf } from '../core/house.ts';

// Real files, a queue of 18,402 and more: seconds on a busy machine, where 5 s is no sign of a fault.
vi.setConfig({ testTimeout: 60_000 });

/** Opens a message whose source is what the test says. */
async function opened(source: Readable) {
  const session = demoWith(() => ({ readSource: () => Promise.resolve(source) }));
  const [first] = await queueOf(session);
  return openMessage(session.queue, first?.id ?? '', never());
}
const from = (text: string): Readable => Readable.from([Buffer.from(text)], { objectMode: false });

describe('opening a message', () => {
  test('decodes subject, bodies and attachments; HTML stays source text', async () => {
    const session = openDemo({ stateFile: null });
    const messages = await queueOf(session);
    const message = messages.find(({ sender }) => sender === 'anna@firma.example');
    const detail = await openMessage(session.queue, message?.id ?? '', never());
    expect(detail.subject).toMatch(/promocja|zamówienie|wyprzedaż|odbiór/);
    expect(detail.text).toContain('papier ksero i tonery są tańsze');
    expect(detail.html).toContain("<script>document.title = 'ran'</script>");
    expect(detail.attachments).toMatchObject([{ filename: 'cennik-listopad-2026.pdf', mimeType: 'application/pdf' }]);
    expect(detail).toMatchObject({ rawSize: message?.size, readBytes: message?.size, truncated: false });
    expect(detail.headers.map(({ name }) => name)).toContain('Message-ID');
  });

  test('of 60 MB only the first 8 MiB are read, the rest is never asked for, and it is said', async () => {
    const CHUNK = 64 * 1024;
    let asked = 0;
    const head = Buffer.from('Subject: big\n\n');
    const source = new Readable({
      highWaterMark: CHUNK,
      read() {
        if (asked === 0) this.push(head);
        asked += CHUNK;
        this.push(asked > 60_000_000 ? null : Buffer.alloc(CHUNK, `${'x'.repeat(1023)}\n`));
      },
    });
    const detail = await opened(source);
    expect(detail).toMatchObject({ subject: 'big', readBytes: SHOW_BYTES, truncated: true });
    expect(asked).toBeLessThan(SHOW_BYTES + 8 * CHUNK);
    expect(source.destroyed).toBe(true);
    expect(detail.text?.length).toBe(BODY_CHARS);
  });

  test('of a mail of nothing but line ends only the first lines are read: decoding costs time a line', async () => {
    const detail = await opened(from(`Subject: lines\n\n${'\n'.repeat(1_000_000)}`));
    expect(detail).toMatchObject({ subject: 'lines', truncated: true });
    expect(detail.readBytes).toBe('Subject: lines\n'.length + SHOW_LINES - 1);
  });

  test('a mail nested too deep is shown raw instead of parsed', async () => {
    let mail = 'Subject: deep\n';
    for (let i = 0; i < 500; i += 1) mail += `Content-Type: multipart/mixed; boundary="b${i}"\n\n--b${i}\n`;
    const detail = await opened(from(mail));
    expect(detail.truncated).toBe(true);
    expect(detail.text).toContain('Subject: deep');
  });

  test('a bomb of headers is cut', async () => {
    const detail = await opened(from(`${Array.from({ length: 5_000 }, (_, i) => `X-${i}: y`).join('\n')}\n\nbody`));
    expect(detail.headers.length).toBeLessThanOrEqual(HEADERS_SHOWN);
    expect(detail.truncated).toBe(true);
  });

  test.each([
    '',
    '\n\n',
    'no header at all',
    '\0\0\0',
    'Subject: =?utf-8?B?!!!?=\n\nx',
    `Subject: ${'=?utf-8?Q?a?= '.repeat(2_000)}\n\nx`,
  ])('what is hardly a mail is shown all the same: %#', async (source) => {
    const detail = await opened(from(source));
    expect(detail.readBytes).toBe(Buffer.byteLength(source));
    expect(detail.truncated).toBe(false);
  });

  test('a message that is gone is NOT_FOUND', async () => {
    await expect(openMessage(openDemo({ stateFile: null }).queue, 'DEADBEEF', never())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
