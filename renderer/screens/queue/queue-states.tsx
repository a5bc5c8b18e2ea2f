import { Button } from '@mantine/core';
import { Plural, Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { QueueFilter } from '#shared/model/queue.ts';
import { useApi } from '../../api/console.tsx';
import { FailureNotice } from '../../app/way-out.tsx';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { Key, Notice, Spinner } from '../../ui/parts.tsx';
import { joinTerms } from '../../ui/search/terms.ts';
import { parseQuery, type Term } from '../../ui/search/queue-query.ts';
import frame from '../../ui/screen.module.css';
import type { RowSource } from './row-source.ts';
import type { ReadingState } from './use-reading.ts';

/** What stands in the place of rows: a failure, a search that finds nothing, or an empty queue. */
export function QueueEmpty(props: {
  name: string;
  serverId: string;
  filter: QueueFilter;
  terms: readonly Term[];
  rows: RowSource;
  reading: ReadingState;
  loading: boolean;
  onQuery: (query: string) => void;
}) {
  const { name, rows, reading } = props;
  const format = useFormat();
  const failure = reading.failure ?? (rows.failure?.code === 'NOT_FOUND' ? null : rows.failure);
  if (failure !== null) {
    return (
      <FailureNotice
        title={<Trans>The queue on {name} could not be read</Trans>}
        serverId={props.serverId}
        failure={failure}
        onRetry={reading.read}
      />
    );
  }
  if (props.loading || rows.head === null) return null;
  if (rows.head.total > 0) return <NoMatch {...props} total={rows.head.total} />;
  const at = reading.shown?.endedAt ?? null;
  return (
    <Notice
      title={<Trans>The queue is empty</Trans>}
      actions={
        <Button onClick={reading.read} rightSection={<Key>F5</Key>}>
          <Trans>Read again</Trans>
        </Button>
      }
    >
      {at === null ? (
        <Trans>{name} has nothing to send.</Trans>
      ) : (
        <Trans>
          {name} has nothing to send. Read at {format.seconds(at)}.
        </Trans>
      )}
    </Notice>
  );
}

/** Says which term excludes everything, and offers to drop it. */
function NoMatch(props: { serverId: string; terms: readonly Term[]; total: number; onQuery: (query: string) => void }) {
  const api = useApi();
  const format = useFormat();
  const now = useNow(60);
  const good = props.terms.filter((term) => term.problem === null);
  const without = (term: Term) => joinTerms(props.terms.filter((each) => each !== term).map((each) => each.raw));
  const { data } = useQuery({
    queryKey: ['excludes', props.serverId, good.map((term) => term.raw)],
    queryFn: async () => {
      const found: Term[] = [];
      // Past a handful nobody wonders which one it is; each costs a pass over the queue.
      for (const term of good.slice(0, 6)) {
        const { filter } = parseQuery(without(term));
        const window = await api.client.queue.window({ serverId: props.serverId, filter, count: 1 });
        if (window.matched > 0) found.push(term);
      }
      const all = await api.client.queue.window({ serverId: props.serverId, count: 1 });
      const [row] = all.rows;
      return { found, oldest: row?.kind === 'message' ? row.message.arrivalTime : null };
    },
  });
  const culprit = data?.found[0];
  return (
    <Notice
      title={<Trans>No message matches</Trans>}
      actions={
        <>
          {culprit !== undefined && (
            <Button onClick={() => props.onQuery(without(culprit))}>
              <Trans>Drop {culprit.raw}</Trans>
            </Button>
          )}
          <button type="button" className="pd-link" onClick={() => props.onQuery('')}>
            <Trans>Clear search</Trans> <Key>Esc</Key>
          </button>
        </>
      }
    >
      <p>
        {culprit === undefined ? (
          <Plural
            value={props.total}
            one="# message is in the queue; together these terms leave none."
            other="# messages are in the queue; together these terms leave none."
          />
        ) : (
          <Trans>
            {format.count(props.total)} in the queue; <code className="pd-mono">{culprit.raw}</code> leaves none.
          </Trans>
        )}{' '}
        {data?.oldest !== undefined && data.oldest !== null && (
          <Trans>The oldest has waited {format.age((now - Date.parse(data.oldest)) / 1000)}.</Trans>
        )}
      </p>
    </Notice>
  );
}

/** Under the rows while the first reading runs: how many there are so far, and a way to stop. */
export function ReadingBar(props: { reading: ReadingState }) {
  const { reading } = props;
  const format = useFormat();
  if (!reading.busy || reading.reading === null) return null;
  const { read, expected } = reading.reading;
  return (
    <div className={frame.under} role="status">
      <Spinner />
      <span className="pd-num">
        {expected === null ? (
          <Trans>Reading the queue: {format.count(read)} so far</Trans>
        ) : (
          <Trans>
            Reading the queue: {format.count(read)} of about {format.count(expected)}
          </Trans>
        )}
      </span>
      <button type="button" className="pd-link" onClick={reading.stop}>
        <Trans>Stop</Trans>
      </button>
    </div>
  );
}
