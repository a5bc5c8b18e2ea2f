import type { MailContent } from '#shared/model/mailbox.ts';
import type { QueueMessageDetail } from '#shared/model/queue.ts';
import { inert } from './inert.ts';
import { facts } from './table.ts';
import { showAge, showSize } from './units.ts';

/** One message for a person. All of it is shown as text; nothing of it is obeyed or fetched. */
export function messageLines(detail: QueueMessageDetail): string[] {
  const { message, envelope } = detail;
  const client = [envelope.clientName, envelope.clientAddress].filter((part) => part !== null).join(' ');
  return [
    ...facts([
      ['Queue id', message.id],
      ['Queue', message.queue],
      ['Arrived', `${message.arrivalTime} (${showAge(message.arrivalTime)} ago)`],
      ['Size', showSize(message.size)],
      ['Sender', message.sender === '' ? '<>' : message.sender],
      ['Login', envelope.login ?? message.login],
      ['Client', client === '' ? null : client],
      ['HELO', envelope.helo],
      ['Protocol', envelope.protocol],
    ]),
    'Recipients:',
    ...message.recipients.flatMap(({ address, reason }) => {
      const original = envelope.originalRecipients[address];
      return [
        `  ${inert(address)}${original === undefined ? '' : ` (for ${inert(original)})`}`,
        ...(reason === null ? [] : [`    ${inert(reason)}`]),
      ];
    }),
    '',
    ...contentLines(detail),
  ];
}

/** Headers, text and attachments of a decoded message, for a person. */
export function contentLines(detail: MailContent): string[] {
  return [
    ...detail.headers.map(({ name, value }) => `${inert(name)}: ${inert(value)}`),
    '',
    detail.text ?? (detail.html === null ? '(no text)' : '(HTML only; see --source)'),
    ...(detail.attachments.length === 0 ? [] : ['', 'Attachments:']),
    ...detail.attachments.map(
      ({ filename, mimeType, size }) => `  ${inert(filename ?? '(no name)')}  ${inert(mimeType)}  ${showSize(size)}`,
    ),
    ...(detail.truncated
      ? [`Only ${showSize(detail.readBytes)} of ${showSize(detail.rawSize)} were read; --source gives all of it`]
      : []),
  ];
}
