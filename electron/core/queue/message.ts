import type { Readable } from 'node:stream';
import PostalMime from 'postal-mime';
import type { QueueEntry, QueueVerbs } from '#drivers/driver.ts';
import type { MailContent } from '#shared/model/mailbox.ts';
import type { QueueMessageDetail } from '#shared/model/queue.ts';
import {
  ATTACHMENTS_SHOWN,
  BODY_CHARS,
  HEADER_CHARS,
  HEADERS_SHOWN,
  MIME_DEPTH,
  SHOW_BYTES,
  SHOW_LINES,
} from '../limits.ts';

/**
 * Opens one message: its envelope, and as much of its source as SHOW_BYTES allow, decoded. HTML is handed on as
 * source text; nothing in it is run, resolved or loaded, here or on the page.
 */
export async function openMessage(verbs: QueueVerbs, id: string, signal: AbortSignal): Promise<QueueMessageDetail> {
  const entry = await verbs.entry(id, signal);
  const stream = await verbs.readSource(id, signal);
  const { source, whole } = await firstBytes(stream, SHOW_BYTES, SHOW_LINES, signal);
  return detailOf(entry, source, whole);
}

/** As much of a source as SHOW_BYTES allow, decoded. @param size bytes that the server says it has */
export async function openSource(stream: Readable, size: number, signal: AbortSignal): Promise<MailContent> {
  const { source, whole } = await firstBytes(stream, SHOW_BYTES, SHOW_LINES, signal);
  return contentOf(size, source, whole);
}

/** The subject of a message, from its first bytes. null: it has none. */
export async function subjectIn(stream: Readable, limit: number, signal: AbortSignal): Promise<string | null> {
  const { source } = await firstBytes(stream, limit, SHOW_LINES, signal);
  return (await decode(source))?.subject?.slice(0, 200) ?? null;
}

const LF = 10;

/** The first bytes of a source, up to a limit of bytes and one of lines; the rest is not read, and its command stopped. */
async function firstBytes(
  stream: Readable,
  limit: number,
  maxLines: number,
  signal: AbortSignal,
): Promise<{ source: Buffer; whole: boolean }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  let lines = 0;
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      let end = Math.min(part.length, limit - bytes);
      for (let at = part.indexOf(LF); at >= 0 && at < end; at = part.indexOf(LF, at + 1)) {
        lines += 1;
        if (lines >= maxLines) end = at + 1;
      }
      parts.push(part.subarray(0, end));
      bytes += end;
      if (end < part.length) return { source: Buffer.concat(parts), whole: false };
    }
    return { source: Buffer.concat(parts), whole: true };
  } finally {
    stream.destroy();
  }
}

/** @param whole The source is complete; otherwise body and attachments may be cut. */
export async function detailOf(entry: QueueEntry, source: Buffer, whole: boolean): Promise<QueueMessageDetail> {
  const { message, envelope } = entry;
  return { message, envelope, ...(await contentOf(message.size, source, whole)) };
}

async function contentOf(size: number, source: Buffer, whole: boolean): Promise<MailContent> {
  const mail = await decode(source);
  const text = clip(mail?.text ?? null);
  const html = clip(mail?.html ?? null);
  const clipped = text.clipped || html.clipped || mail === null || mail.headers.length > HEADERS_SHOWN;
  return {
    subject: mail?.subject?.slice(0, HEADER_CHARS) ?? null,
    headers: (mail?.headers ?? []).slice(0, HEADERS_SHOWN).map(({ originalKey, value }) => ({
      name: originalKey,
      value: value.slice(0, HEADER_CHARS),
    })),
    text: mail === null ? clip(source.toString('utf8')).value : text.value,
    html: html.value,
    attachments: (mail?.attachments ?? []).slice(0, ATTACHMENTS_SHOWN).map((part) => ({
      filename: part.filename?.slice(0, HEADER_CHARS) ?? null,
      mimeType: part.mimeType,
      size: typeof part.content === 'string' ? part.content.length : part.content.byteLength,
      disposition: part.disposition,
    })),
    rawSize: whole ? source.length : Math.max(size, source.length),
    readBytes: source.length,
    truncated: !whole || clipped,
  };
}

/** null: it cannot be parsed (nested too deep, headers without end); then its raw text is shown instead. */
async function decode(source: Buffer): Promise<Awaited<ReturnType<typeof PostalMime.parse>> | null> {
  try {
    return await PostalMime.parse(source, { maxNestingDepth: MIME_DEPTH, attachmentEncoding: 'arraybuffer' });
  } catch {
    return null;
  }
}

function clip(text: string | null): { value: string | null; clipped: boolean } {
  if (text === null || text.length <= BODY_CHARS) return { value: text, clipped: false };
  return { value: text.slice(0, BODY_CHARS), clipped: true };
}
