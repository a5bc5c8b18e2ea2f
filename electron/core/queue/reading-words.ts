import { Failure } from '#shared/model/failure.ts';
import type { QueueFilter, QueueGroupBy } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';

/** True when an answer needs the SASL logins, which are read only when somebody asks for them. */
export function needsLogins(filter: QueueFilter, by?: QueueGroupBy | null): boolean {
  const asks = [filter, ...(filter.without ?? [])];
  return by === 'login' || asks.some((fields) => fields.login !== undefined);
}

export function cutShort(read: number): Failure {
  return new Failure(
    'BAD_OUTPUT',
    text(
      /*i18n*/ {
        id: 'queue.cut-short',
        message: 'The listing of the queue was cut short after {read, plural, one {# message} other {# messages}}',
      },
      { read },
    ),
    {
      hint: text(
        /*i18n*/ { id: 'queue.cut-short.hint', message: 'What was read is not the whole queue; read it again' },
      ),
      retryable: true,
    },
  );
}
