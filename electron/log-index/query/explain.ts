/** One plain sentence about a trace: what happened, why, what to do. Words for people; codes stay in their place. */
import { text, type Text } from '#shared/model/text.ts';
import type { MessageTrace, RejectTrace, TraceRecipient } from '#shared/model/trace.ts';

/** The cause behind a refusal or delay, from its enhanced status code (RFC 3463) and words. */
export function causeOf(dsn: string | null, reply: string | null): Text {
  const said = reply ?? '';
  const code = (dsn ?? '').slice(2);
  if (/reylist/i.test(said) || (code === '7.1' && /try again later/i.test(said)))
    return text(/*i18n*/ { id: 'trace.cause.greylist', message: 'greylisting' });
  if (/rate|too many|too quickly|throttl/i.test(said))
    return text(/*i18n*/ { id: 'trace.cause.rate', message: 'rate limit' });
  if (/blocked using|blacklist|blocklist|spamhaus|listed/i.test(said))
    return text(/*i18n*/ { id: 'trace.cause.blocklist', message: 'sending address on a block list' });
  if (/quota|mailbox (?:is )?full|over limit|insufficient storage/i.test(said) || code === '2.2')
    return text(/*i18n*/ { id: 'trace.cause.full', message: 'mailbox full' });
  if (/user unknown|no such user|unknown user|does not exist|unknown mailbox/i.test(said) || code === '1.1')
    return text(/*i18n*/ { id: 'trace.cause.unknown', message: 'no such mailbox' });
  if (/relay access denied|relaying denied/i.test(said))
    return text(/*i18n*/ { id: 'trace.cause.relay', message: 'relaying not allowed' });
  if (/spam|virus|infected|content/i.test(said))
    return text(/*i18n*/ { id: 'trace.cause.content', message: 'content refused as spam or virus' });
  if (/timed out/i.test(said)) return text(/*i18n*/ { id: 'trace.cause.timeout', message: 'connection timed out' });
  if (/refused/i.test(said) && !/address/i.test(said))
    return text(/*i18n*/ { id: 'trace.cause.refused', message: 'connection refused' });
  if (/host (?:or domain name )?not found|name service error|no route/i.test(said) || code === '4.4' || code === '1.2')
    return text(/*i18n*/ { id: 'trace.cause.dns', message: 'the domain has no reachable mail server' });
  if (/tls|certificate/i.test(said)) return text(/*i18n*/ { id: 'trace.cause.tls', message: 'TLS problem' });
  if (/size|too (?:big|large)/i.test(said) || code === '3.4')
    return text(/*i18n*/ { id: 'trace.cause.size', message: 'message too large' });
  if (code.startsWith('7.')) return text(/*i18n*/ { id: 'trace.cause.policy', message: 'refused by policy' });
  return text(/*i18n*/ { id: 'trace.cause.other', message: 'see the reply' });
}

function hostOf(relay: string | null): string {
  if (relay === null || relay === 'none') return '';
  return relay.replace(/\[.*$/, '');
}

/** The recipient that says most about the message: the one in the worst state. */
function worst(recipients: TraceRecipient[]): TraceRecipient | undefined {
  const rank = ['bounced', 'expired', 'rejected', 'deferred', 'held', 'greylisted', 'discarded', 'sent'];
  return [...recipients].sort((a, b) => rank.indexOf(a.status ?? 'sent') - rank.indexOf(b.status ?? 'sent'))[0];
}

/** The sentence about a message. */
export function explainMessage(trace: Omit<MessageTrace, 'explanation'>): Text {
  const all = trace.recipients;
  if (all.length === 0) {
    return trace.complete
      ? text(/*i18n*/ { id: 'trace.no-recipients', message: 'No delivery was logged for this message.' })
      : text(
          /*i18n*/ {
            id: 'trace.cut',
            message: 'The log holds only a part of this message: its deliveries are not in it.',
          },
        );
  }
  const one = worst(all);
  if (one === undefined || one.status === null)
    return text(/*i18n*/ { id: 'trace.waiting', message: 'Accepted; no delivery has been tried in this log.' });
  const affected = all.filter((r) => r.status === one.status).length;
  const cause = causeOf(one.dsn, one.reply).message;
  const values = {
    to: one.to,
    count: affected,
    total: all.length,
    host: hostOf(one.relay) || one.to.slice(one.to.lastIndexOf('@') + 1),
    dsn: one.dsn ?? '',
    cause,
    attempts: one.attempts,
  };
  switch (one.status) {
    case 'sent':
      return text(
        /*i18n*/ {
          id: 'trace.sent',
          message: '{total, plural, one {Delivered to {to} ({host}).} other {Delivered to all # recipients.}}',
        },
        values,
      );
    case 'deferred':
      return text(
        /*i18n*/ {
          id: 'trace.deferred',
          message:
            '{host} asked to retry later ({dsn}, {cause}); {attempts, plural, one {# attempt} other {# attempts}} so far for {count, plural, one {{to}} other {# recipients}}. The server tries again by itself.',
        },
        values,
      );
    case 'bounced':
      return text(
        /*i18n*/ {
          id: 'trace.bounced',
          message:
            '{host} refused {count, plural, one {{to}} other {# of {total} recipients}} for good ({dsn}, {cause}). The sender was told; correct the cause and send again.',
        },
        values,
      );
    case 'expired':
      return text(
        /*i18n*/ {
          id: 'trace.expired',
          message:
            'Gave up on {count, plural, one {{to}} other {# of {total} recipients}} after {attempts, plural, one {# attempt} other {# attempts}} ({dsn}, {cause}). The sender was told.',
        },
        values,
      );
    case 'rejected':
      return text(
        /*i18n*/ {
          id: 'trace.rejected',
          message: 'Refused before it was accepted ({dsn}, {cause}). The sending server must tell its user.',
        },
        values,
      );
    case 'greylisted':
      return text(
        /*i18n*/ {
          id: 'trace.greylisted',
          message: 'Asked to come back later ({dsn}, greylisting). A proper mail server returns by itself.',
        },
        values,
      );
    case 'discarded':
      return text(
        /*i18n*/ {
          id: 'trace.discarded',
          message:
            'Accepted and then thrown away for {count, plural, one {{to}} other {# recipients}}: a filter or Sieve rule said so. Nobody was told.',
        },
        values,
      );
    case 'held':
      return text(
        /*i18n*/ { id: 'trace.held', message: 'On hold in the queue. Release it to deliver, or delete it.' },
        values,
      );
  }
}

/** The sentence about a refusal at the door. */
export function explainReject(trace: Omit<RejectTrace, 'explanation'>): Text {
  const values = {
    client: trace.clientName && trace.clientName !== 'unknown' ? trace.clientName : (trace.clientIp ?? ''),
    to: trace.to ?? '',
    dsn: trace.dsn ?? String(trace.code ?? ''),
    cause: causeOf(trace.dsn, trace.reason).message,
  };
  if (trace.by === 'greylist')
    return text(
      /*i18n*/ {
        id: 'reject.greylist',
        message:
          '{client} was asked to come back later for {to} ({dsn}, greylisting). A proper mail server returns by itself.',
      },
      values,
    );
  if ((trace.code ?? 500) < 500)
    return text(
      /*i18n*/ {
        id: 'reject.temporary',
        message: '{client} was turned away for now ({dsn}, {cause}); it may try again.',
      },
      values,
    );
  return text(
    /*i18n*/ { id: 'reject.final', message: '{client} was refused ({dsn}, {cause}). Nothing was accepted.' },
    values,
  );
}
