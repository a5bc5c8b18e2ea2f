import { Button } from '@mantine/core';
import { Plural, Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { failureOf } from '#shared/model/failure-of.ts';
import type { LogSource } from '#shared/model/log.ts';
import { useApi } from '../../api/console.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { FailureNotice } from '../../app/way-out.tsx';
import { Key, Notice } from '../../ui/parts.tsx';
import { joinTerms } from '../../ui/search/terms.ts';
import { type LogTerm, parseLogQuery } from './log-query.ts';

/** A failure in the place of a view: state, cause, next step. */
export function LogFailure(props: { title: ReactNode; error: unknown; onRetry: () => void; actions?: ReactNode }) {
  return <FailureNotice {...props} serverId={null} failure={failureOf(props.error)} />;
}

/** Nothing matches: says which term excludes everything, and offers to drop it. */
export function NoTrace(props: {
  source: LogSource;
  terms: readonly LogTerm[];
  end: number;
  onQuery: (q: string) => void;
}) {
  const api = useApi();
  const format = useFormat();
  const good = props.terms.filter((term) => term.problem === null);
  const without = (term: LogTerm) => joinTerms(props.terms.filter((each) => each !== term).map((each) => each.raw));
  const { data } = useQuery({
    queryKey: ['logs-exclude', props.source, good.map((term) => term.raw)],
    queryFn: async ({ signal }) => {
      const ask = async (query: string) => {
        const { filter } = parseLogQuery(query, props.end);
        return (await api.client.logs.traces({ source: props.source, filter, count: 0 }, { signal })).total;
      };
      // Past a handful nobody wonders which one it is; each is a question to the whole log.
      for (const term of good.slice(0, 6)) {
        if ((await ask(without(term))) > 0) return { culprit: term, all: await ask('') };
      }
      return { culprit: undefined, all: await ask('') };
    },
  });
  const culprit = data?.culprit;
  return (
    <Notice
      title={good.length === 0 ? <Trans>This log tells of no mail</Trans> : <Trans>No message matches</Trans>}
      actions={
        good.length > 0 && (
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
        )
      }
    >
      {good.length === 0 ? (
        <p>
          <Trans>
            Its lines were read, and none is of a message, a refusal or a login. The lines themselves can be searched.
          </Trans>
        </p>
      ) : (
        data !== undefined && (
          <p>
            {culprit === undefined ? (
              <Plural
                value={data.all}
                one="# is in the log; together these terms leave none."
                other="# are in the log; together these terms leave none."
              />
            ) : (
              <Trans>
                {format.count(data.all)} in the log; <code className="pd-mono">{culprit.raw}</code> leaves none.
              </Trans>
            )}
          </p>
        )
      )}
    </Notice>
  );
}
