import { Trans, useLingui } from '@lingui/react/macro';
import { IconFileText, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useApi, useWireState } from '../api/console.tsx';
import { useFormat } from '../i18n/use-format.ts';
import { IconButton } from '../ui/parts.tsx';
import { visibleLine } from '../ui/visible.ts';
import css from './frame.module.css';
import { useCurrentScreen, useGo } from './go.ts';

/** Sets of log files, under the servers. Nothing while there are none: the first-run screen offers to open some. */
export function RailLogs() {
  const { t } = useLingui();
  const api = useApi();
  const wire = useWireState();
  const format = useFormat();
  const go = useGo();
  const screen = useCurrentScreen();
  const search: Record<string, unknown> = useSearch({ strict: false });
  const { data: sets } = useQuery(api.query.logs.sets.queryOptions({ enabled: wire === 'open' }));
  if (sets === undefined || sets.length === 0) return null;
  return (
    <div className={css.railGroup}>
      <div className={css.railHead}>
        <span>
          <Trans>Log files</Trans>
        </span>
        <IconButton label={t`Open log files`} onClick={() => go.logs({ view: 'files' })}>
          <IconPlus size={14} />
        </IconButton>
      </div>
      <ul>
        {sets.map((set) => {
          const current = screen === 'logs' && String(search['set']) === set.name;
          return (
            <li key={set.name} className={css.server} data-current={current}>
              <button
                type="button"
                className={css.serverLink}
                aria-current={current ? 'true' : undefined}
                onClick={() => go.logs({ set: set.name })}
              >
                <IconFileText size={13} aria-hidden="true" className={css.railIcon} />
                <span className={`${css.serverName} pd-clip`} data-tip="">
                  {visibleLine(set.name)}
                </span>
                <span className={css.serverCount} data-stay="">
                  {format.size(set.bytes)}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
