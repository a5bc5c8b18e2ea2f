import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ServerProfile } from '#shared/model/server.ts';
import { useApi, useServers, useStatus } from '../../api/console.tsx';
import { FailureText } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { IconButton } from '../../ui/parts.tsx';
import { ServerMark } from '../../ui/server-mark.tsx';
import { visibleLine } from '../../ui/visible.ts';
import css from './open-logs.module.css';
import type { LogView } from './view-state.ts';

/** Logs of servers, with what of them is here. */
export function ServerLogs(props: { onServer: (serverId: string, view: LogView) => void }) {
  // A demo server writes no log.
  const servers = useServers()?.filter((server) => !server.demo);
  if (servers === undefined || servers.length === 0) return null;
  return (
    <section className={css.sets}>
      <h2>
        <Trans>Logs of servers</Trans>
      </h2>
      <ul>
        {servers.map((server) => (
          <OneServer key={server.id} server={server} onServer={props.onServer} />
        ))}
      </ul>
    </section>
  );
}

function OneServer(props: { server: ServerProfile; onServer: (serverId: string, view: LogView) => void }) {
  const { server } = props;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const status = useStatus(server.id);
  const [asking, setAsking] = useState(false);
  const query = api.query.logs.liveState.queryOptions({ input: { serverId: server.id } });
  const { data: live } = useQuery(query);
  const forget = useMutation({
    mutationFn: () => api.client.logs.liveForget({ serverId: server.id }),
    onSuccess: (state) => {
      api.cache.setQueryData(query.queryKey, state);
      setAsking(false);
    },
  });
  const name = visibleLine(server.name);
  const here = live !== undefined && live.lines > 0;
  return (
    <li className={css.set}>
      <ServerMark state={status?.state ?? 'not-contacted'} />
      {asking ? (
        <div className={css.rename}>
          <span className={css.grow}>
            <Trans>Delete what is here of the log of {name}? The log on the server stays.</Trans>
          </span>
          <Button variant="danger" loading={forget.isPending} onClick={() => forget.mutate()}>
            <Trans>Delete 1 copy</Trans>
          </Button>
          <button type="button" className="pd-link" onClick={() => setAsking(false)}>
            <Trans>Keep it</Trans>
          </button>
        </div>
      ) : (
        <>
          <button type="button" className={css.setName} onClick={() => props.onServer(server.id, 'messages')}>
            <strong className="pd-clip" data-tip="">
              {name}
            </strong>
            <span className="pd-2 pd-clip" data-tip="">
              {!here ? (
                <Trans>Nothing of its log is here yet</Trans>
              ) : (
                <>
                  <Plural value={live.lines} one="# line" other="# lines" />
                  {live.first !== null && live.last !== null && (
                    <>
                      {', '}
                      <Trans>
                        {format.stamp(live.first)} to {format.stamp(live.last)}
                      </Trans>
                    </>
                  )}
                </>
              )}
            </span>
          </button>
          <span className={`${css.setSize} pd-num pd-2`}>{here && format.size(live.diskBytes)}</span>
          <span className={css.setEnd}>
            <Button
              size="compact-xs"
              leftSection={<IconPlayerPlay size={13} />}
              aria-label={t`Follow ${server.name} live`}
              onClick={() => props.onServer(server.id, 'live')}
            >
              <Trans>Live</Trans>
            </Button>
            {here && (
              <IconButton label={t`Delete the copy of the log of ${server.name}`} onClick={() => setAsking(true)}>
                <IconTrash size={14} />
              </IconButton>
            )}
          </span>
        </>
      )}
      {forget.error !== null && (
        <div className={css.setError}>
          <FailureText error={forget.error} />
        </div>
      )}
    </li>
  );
}
