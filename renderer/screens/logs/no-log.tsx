import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { assertNever } from '#shared/model/assert-never.ts';
import css from './open-logs.module.css';
import type { LogView } from './view-state.ts';

/** Which view has nothing to show, and what it needs. */
export function NoLog(props: { view: LogView }) {
  const what = missing(props.view);
  return what === null ? null : <p className={css.noLog}>{what}</p>;
}

function missing(view: LogView): ReactNode {
  switch (view) {
    case 'files':
    case 'live':
      return null;
    case 'messages':
      return (
        <Trans>
          No log is open, so there are no messages to show. They come from log files, or from the log of a server.
        </Trans>
      );
    case 'report':
      return (
        <Trans>
          No log is open, so there is nothing to report. Reports are made of log files, or of the log of a server.
        </Trans>
      );
    case 'lines':
      return (
        <Trans>
          No log is open, so there are no lines to show. They come from log files, or from the log of a server.
        </Trans>
      );
    default:
      return assertNever(view, 'view');
  }
}
