/** One plain sentence or two about a refusal at the door: who, for whom, why, what to do. */
import { text, type Text } from '#shared/model/text.ts';
import type { RejectTrace } from '#shared/model/trace.ts';
import { type Cause, causeOf, join, saidOf, whyOf } from './causes.ts';

export function explainReject(trace: Omit<RejectTrace, 'explanation'>): Text {
  const name = trace.clientName === 'unknown' ? null : trace.clientName;
  const ip = trace.clientIp;
  const client = name !== null && ip !== null ? `${name} [${ip}]` : (name ?? ip ?? '?');
  const said = saidOf((trace.reason ?? '').replace(/^<>: /, ''));
  const found = causeOf(trace.dsn, said);
  // what postscreen and the access rules say of the client
  const cause: Cause = found === 'other' && trace.by === 'relay' ? 'relay' : found;
  const to = trace.to ?? '';
  const values = { client, to, why: whyOf(trace.dsn ?? String(trace.code ?? ''), cause, said) };
  if (trace.by === 'greylist')
    return text(
      /*i18n*/ {
        id: 'reject.greylist',
        message:
          '{client} was asked to come back later for {to} ({why}). A proper mail server returns by itself; nothing needs to be done.',
      },
      values,
    );
  if ((trace.code ?? 500) < 500)
    return join(
      to === ''
        ? text(
            /*i18n*/ { id: 'reject.temporary', message: '{client} was turned away for now ({why}); it may try again.' },
            values,
          )
        : text(
            /*i18n*/ {
              id: 'reject.temporary.to',
              message: '{client} was turned away for now with mail for {to} ({why}); it may try again.',
            },
            values,
          ),
      later(cause),
    );
  return join(
    to === ''
      ? text(/*i18n*/ { id: 'reject.final', message: '{client} was refused ({why}); nothing was accepted.' }, values)
      : text(
          /*i18n*/ {
            id: 'reject.final.to',
            message: '{client} was refused with mail for {to} ({why}); nothing was accepted.',
          },
          values,
        ),
    adviceFor(cause),
  );
}

/** For a refusal that the client may outlast, only what it cannot mend by waiting. */
function later(cause: Cause): Text | '' {
  return cause === 'rate' || cause === 'timeout' || cause === 'network' || cause === 'full' ? '' : adviceFor(cause);
}

function adviceFor(cause: Cause): Text | '' {
  switch (cause) {
    case 'relay':
      return text(
        /*i18n*/ {
          id: 'reject.do.relay',
          message: 'A user of this server must log in to send elsewhere; otherwise add the domain to those it serves.',
        },
      );
    case 'unknown':
    case 'unroutable':
    case 'disabled':
      return text(
        /*i18n*/ { id: 'reject.do.unknown', message: 'If the address should exist, make the mailbox or alias.' },
      );
    case 'listed':
    case 'blocklist':
      return text(
        /*i18n*/ {
          id: 'reject.do.blocklist',
          message: 'Its operator must have the address taken off the list; or allow it here if it is wanted.',
        },
      );
    case 'reverse':
    case 'helo':
    case 'early':
      return text(
        /*i18n*/ {
          id: 'reject.do.client',
          message: 'Its operator must correct that server; or allow it here if it is wanted.',
        },
      );
    case 'sender':
    case 'dns':
      return text(
        /*i18n*/ { id: 'reject.do.sender', message: 'The sender’s address must be one that can be answered.' },
      );
    case 'auth':
      return text(
        /*i18n*/ { id: 'reject.do.auth', message: 'The operator of the sender’s domain must correct its records.' },
      );
    case 'content':
      return text(/*i18n*/ { id: 'trace.do.allow', message: 'If it was wanted, allow its sender in the filter.' });
    case 'full':
      return text(/*i18n*/ { id: 'trace.do.full', message: 'The recipient must make room.' });
    case 'size':
      return text(/*i18n*/ { id: 'trace.do.size', message: 'Send it smaller, or in another way.' });
    case 'tls':
      return text(/*i18n*/ { id: 'reject.do.tls', message: 'The client must use TLS.' });
    case 'login':
      return text(/*i18n*/ { id: 'reject.do.login', message: 'The user must log in with the right password.' });
    case 'rate':
      return text(/*i18n*/ { id: 'reject.do.rate', message: 'Raise the limit if it is wanted.' });
    case 'greylist':
    case 'age':
    case 'wait':
    case 'loop':
    case 'timeout':
    case 'refused':
    case 'lost':
    case 'network':
    case 'policy':
    case 'other':
      return '';
  }
}
