import { Button } from '@mantine/core';
import { Plural, Trans } from '@lingui/react/macro';
import { IconPlayerPause, IconPlayerPlay, IconPlugConnectedX, IconPlus } from '@tabler/icons-react';
import type { ServerProfile } from '#shared/model/server.ts';
import { useDialogs } from '../../../app/dialogs.tsx';
import { FailureNotice, FailureWords, WayOut } from '../../../app/way-out.tsx';
import { useFormat } from '../../../i18n/use-format.ts';
import { Banner } from '../../../ui/banner.tsx';
import { Key, Notice, Spinner } from '../../../ui/parts.tsx';
import { visibleLine } from '../../../ui/visible.ts';
import type { Followed, LiveLog } from './live-log.ts';
import { useLostWords } from './live-words.tsx';

/** No server is known: what Live is for, and the way to one. */
export function NoServer() {
  const dialogs = useDialogs();
  return (
    <Notice
      title={<Trans>No server to follow</Trans>}
      actions={
        <Button variant="ink" leftSection={<IconPlus size={14} />} onClick={() => dialogs.open({ kind: 'server' })}>
          <Trans>Add a server…</Trans>
        </Button>
      }
    >
      <p>
        <Trans>
          Live shows the log of a mail server as it is written. Log files that you already have need no server: they are
          under Messages, Report and Lines.
        </Trans>
      </p>
    </Notice>
  );
}

/** Nothing is followed yet: said before anything is asked of a server. */
export function NotStarted(props: { servers: readonly ServerProfile[]; onStart: () => void }) {
  const { servers } = props;
  const name = visibleLine(servers[0]?.name ?? '');
  return (
    <Notice
      title={
        servers.length === 1 ? (
          <Trans>The log of {name}, as it is written</Trans>
        ) : (
          <Plural
            value={servers.length}
            one="The log of # server, as it is written"
            other="The logs of # servers, as they are written"
          />
        )
      }
      actions={
        <Button
          variant="ink"
          leftSection={<IconPlayerPlay size={14} />}
          disabled={servers.length === 0}
          onClick={props.onStart}
        >
          {servers.length === 1 ? (
            <Trans>Follow {name}</Trans>
          ) : (
            <Plural value={servers.length} one="Follow # server" other="Follow # servers" />
          )}
        </Button>
      }
    >
      <p>
        <Trans>
          Lines appear within a second, and each leads to the story of its mail. The first time, up to 256 MB of the
          past are fetched and indexed; from then on only what is new. Nothing is changed on the server.
        </Trans>
      </p>
    </Notice>
  );
}

/** It is followed, and there is no row: still on the way, nothing written, or nothing that matches. */
export function NothingYet(props: {
  log: LiveLog;
  query: string;
  hidden: boolean;
  onQuery: (query: string) => void;
  onShowAll: () => void;
}) {
  const { log, query } = props;
  const format = useFormat();
  const onTheWay = log.followed.filter(({ state, failure }) => failure === null && state?.state !== 'live');
  const last =
    log.followed
      .map(({ state }) => state?.last ?? '')
      .sort()
      .at(-1) ?? '';
  if (props.hidden) {
    return (
      <Notice
        title={<Trans>No line of these programs</Trans>}
        actions={
          <Button onClick={props.onShowAll}>
            <Trans>Show all programs</Trans>
          </Button>
        }
      />
    );
  }
  if (onTheWay.length > 0 && onTheWay.length === log.followed.length) {
    const bytes = onTheWay.reduce((sum, { state }) => sum + (state?.bytes ?? 0), 0);
    return (
      <Notice icon={<Spinner />} title={<Trans>On the way to the end of the log</Trans>}>
        <p>
          <Trans>{format.size(bytes)} of it are here and indexed. Lines appear when the end is reached.</Trans>
        </p>
      </Notice>
    );
  }
  return query !== '' ? (
    <Notice
      title={<Trans>No line matches yet</Trans>}
      actions={
        <button type="button" className="pd-link" onClick={() => props.onQuery('')}>
          <Trans>Clear search</Trans> <Key>Esc</Key>
        </button>
      }
    >
      <p>
        <Trans>
          Nothing among the newest lines is for <code className="pd-mono">{query}</code>. A line that is appears here by
          itself.
        </Trans>
      </p>
    </Notice>
  ) : (
    <Notice title={<Trans>Nothing is written at the moment</Trans>}>
      <p>
        {last === '' ? (
          <Trans>The log holds no line yet. One that comes appears here by itself.</Trans>
        ) : (
          <Trans>The last line was written at {format.stamp(last)}. One that comes appears here by itself.</Trans>
        )}
      </p>
    </Notice>
  );
}

/** One server that cannot be followed, in the place of the rows: state, cause, next step. */
export function CannotFollow(props: { followed: Followed; name: string; onRetry: () => void }) {
  const { followed, name } = props;
  return followed.failure === null ? null : (
    <FailureNotice
      title={<Trans>The log of {visibleLine(name)} cannot be followed</Trans>}
      serverId={followed.id}
      failure={followed.failure}
      onRetry={props.onRetry}
    />
  );
}

/** Above the rows: connections that are lost, servers that cannot be followed, and that nothing moves. */
export function LiveBanners(props: { log: LiveLog; nameOf: (id: string) => string; whole: boolean }) {
  const { log, nameOf } = props;
  const lost = useLostWords();
  return (
    <>
      {log.followed.map((followed) => {
        const { id, state, failure } = followed;
        const name = visibleLine(nameOf(id));
        if (failure !== null) {
          return props.whole ? null : (
            <Banner
              key={id}
              icon={<IconPlugConnectedX size={15} aria-hidden="true" />}
              title={<Trans>{name} is not followed.</Trans>}
              end={
                <>
                  <WayOut serverId={id} failure={failure} retry={() => log.again(id)} />
                  <button type="button" className="pd-link" onClick={() => log.again(id)}>
                    <Trans>Retry</Trans>
                  </button>
                </>
              }
            >
              <FailureWords failure={failure} />
            </Banner>
          );
        }
        return state?.state === 'retrying' && log.phase !== 'idle' ? (
          <Banner
            key={id}
            icon={<IconPlugConnectedX size={15} aria-hidden="true" />}
            title={<Trans>The connection to {name} is lost.</Trans>}
          >
            {lost(state)}
          </Banner>
        ) : null;
      })}
      {log.phase === 'paused' && (
        <Banner
          tone="warn"
          icon={<IconPlayerPause size={15} aria-hidden="true" />}
          title={<Trans>Paused.</Trans>}
          end={
            <button type="button" className="pd-link" onClick={() => log.resume()}>
              <Trans>Go on</Trans> <Key>Space</Key>
            </button>
          }
        >
          {log.waiting > 0 ? (
            <Plural
              value={log.waiting}
              one="# line was written since; nothing is missed."
              other="# lines were written since; nothing is missed."
            />
          ) : (
            <Trans>Nothing was written since; nothing will be missed.</Trans>
          )}
        </Banner>
      )}
    </>
  );
}
