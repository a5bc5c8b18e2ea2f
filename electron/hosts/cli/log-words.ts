/** Traces as the terminal prints them. */
import type { TraceStory } from '#shared/model/log.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import type { Trace } from '#shared/model/trace.ts';
import { renderText } from './render-text.ts';
import { facts, type Column } from './table.ts';
import { showSize } from './units.ts';

const sender = (address: string | null): string => (address === '' ? '<>' : (address ?? ''));

export const TRACE_COLUMNS: readonly Column<Trace>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'START', cell: ({ start }) => start },
  { head: 'WHAT', cell: (trace) => statusOf(trace) },
  { head: 'FROM', cell: (trace) => ('from' in trace ? sender(trace.from) : (trace.clientIp ?? '')) },
  { head: 'TO', cell: (trace) => recipientsOf(trace) },
  { head: 'STORY', cell: (trace) => sentenceOf(trace) },
];

/** The worst word on a recipient, or what kind of trace it is. */
function statusOf(trace: Trace): string {
  switch (trace.kind) {
    case 'message': {
      const words = [...new Set(trace.recipients.map(({ status }) => status ?? 'waiting'))];
      return words.length === 0 ? trace.origin : words.join(',');
    }
    case 'reject':
      return `rejected: ${trace.by}`;
    case 'login':
      return trace.ok ? 'login' : 'login failed';
    case 'probe':
    case 'session':
    case 'ban':
    case 'update':
    case 'account':
    case 'delivery':
    case 'scan':
      return trace.kind;
    default:
      return assertNever(trace, 'kind of trace');
  }
}

function recipientsOf(trace: Trace): string {
  if (trace.kind === 'reject') return trace.to ?? '';
  if (trace.kind === 'login') return trace.user ?? '';
  if (trace.kind !== 'message') return '';
  const [first, ...rest] = trace.recipients;
  return `${first?.to ?? ''}${rest.length > 0 ? ` +${rest.length}` : ''}`;
}

function sentenceOf(trace: Trace): string {
  if ('explanation' in trace) return renderText(trace.explanation);
  const from = trace.clientIp ?? 'an unknown address';
  switch (trace.kind) {
    case 'login': {
      const user = trace.user ?? 'Somebody';
      return trace.ok
        ? `${user} logged in over ${trace.protocol} from ${from}.`
        : `A login of ${trace.user ?? 'somebody'} over ${trace.protocol} from ${from} failed.`;
    }
    case 'probe':
      return `${from} connected and left without handing in mail${why(trace.reason)}.`;
    case 'session':
      return `A session from ${from} that handed in no mail of its own${why(trace.reason)}.`;
    case 'ban':
      return `${from} was banned after too many failures${why(trace.reason)}.`;
    case 'update':
      return `${trace.by}: a scanner updated its signatures.`;
    case 'account':
      return `${trace.by}: ${trace.reason ?? 'something was done to an account'}.`;
    case 'delivery':
      return 'A delivery whose beginning is not in this log.';
    case 'scan':
      return 'A content check whose message is not in this log.';
    default:
      return assertNever(trace, 'kind of trace');
  }
}

const why = (reason: string | null): string => (reason === null ? '' : ` (${reason})`);

/** One trace as programs see it. */
export function traceJson(trace: Trace): unknown {
  return 'explanation' in trace ? { ...trace, explanation: renderText(trace.explanation) } : trace;
}

/** One trace on one line. */
export function traceLine(trace: Trace): string {
  const cells = TRACE_COLUMNS.filter(({ head }) => head !== 'ID').map((column) => column.cell(trace));
  return cells.filter((cell) => cell !== '').join('  ');
}

/** The same with what happened in order. */
export function storyJson({ trace, events }: TraceStory): unknown {
  return {
    ...(traceJson(trace) as object),
    events: events.map(({ what, line: _line, ...event }) => ({ ...event, what: renderText(what) })),
  };
}

export function storyLines({ trace, events, linesLeftOut }: TraceStory): string[] {
  const head: (readonly [string, string | null])[] = [
    ['Trace', `${trace.id}  ${trace.kind}`],
    ['Story', sentenceOf(trace)],
    ['Host', trace.host],
    ['Start', trace.start],
    [
      'Client',
      [('clientName' in trace ? trace.clientName : null) ?? '', trace.clientIp ?? ''].join(' ').trim() || null,
    ],
  ];
  if (trace.kind === 'message') {
    head.push(
      ['End', trace.end],
      ['Complete', trace.complete ? 'yes' : 'no: the log does not hold all of it'],
      ['Queue ids', trace.queueIds.map(({ id, role }) => (role === 'in' ? id : `${id} (${role})`)).join(', ') || null],
      ['Message-ID', trace.messageId],
      ['Login', trace.login],
      ['TLS', trace.tls],
      ['From', trace.from === null ? null : sender(trace.from)],
      ['Size', trace.size === null ? null : showSize(trace.size)],
      [
        'Verdict',
        trace.verdict === null
          ? null
          : `${trace.verdict.engine}: ${trace.verdict.action ?? ''} ${trace.verdict.score ?? ''}`,
      ],
      ['Made for', trace.parent],
      ['Led to', trace.children.join(', ') || null],
      ['Tried before', trace.prior.join(', ') || null],
    );
  }
  const recipients =
    trace.kind !== 'message'
      ? []
      : trace.recipients.map(({ to, originalTo, status, dsn, relay, reply, attempts }) =>
          [
            `  ${status ?? 'waiting'}  ${to}${originalTo === null ? '' : ` (for ${originalTo})`}`,
            dsn ?? '',
            relay ?? '',
            attempts > 1 ? `${attempts} attempts` : '',
            reply ?? '',
          ]
            .filter((part) => part !== '')
            .join('  '),
        );
  const timeline = events.map((event) => {
    const ids = event.queueId === null ? '' : ` ${event.queueId}`;
    return `  ${event.time ?? '?'}  ${event.stage.padEnd(12)}${ids}  ${renderText(event.what)}`;
  });
  return [
    ...facts(head),
    ...(recipients.length > 0 ? ['Recipients:', ...recipients] : []),
    'Timeline:',
    ...timeline,
    ...(linesLeftOut > 0 ? [`  and ${linesLeftOut} more lines`] : []),
  ];
}
