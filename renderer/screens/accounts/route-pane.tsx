import { Button, TextInput } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import {
  IconAlertTriangle,
  IconAt,
  IconBan,
  IconCornerDownRight,
  IconInbox,
  IconRefresh,
  IconServer,
  IconTerminal2,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { RouteStep } from '#shared/model/alias.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { useApi } from '../../api/console.tsx';
import { FailureNotice } from '../../app/way-out.tsx';
import { Spinner } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { focusFirst, Pane, paneCss as css } from './pane.tsx';
import { type RouteKind, type RouteNode, routeEnds, routeTree } from './route-tree.ts';
import tree from './route.module.css';

/** Where mail to an address would go: the server's own tables are asked, hop by hop, and drawn as a tree. */
export function RoutePane(props: { serverId: string; address: string; onClose: () => void }) {
  const { serverId } = props;
  const { t } = useLingui();
  const api = useApi();
  const [typed, setTyped] = useState(props.address);
  const [asked, setAsked] = useState(props.address);
  const [sender, setSender] = useState('');
  const [from, setFrom] = useState('');
  const query = useQuery(
    api.query.aliases.route.queryOptions({
      input: { serverId, address: asked, ...(from === '' ? {} : { from }) },
      enabled: asked !== '',
      retry: false,
      staleTime: 0,
    }),
  );
  const steps = query.data ?? [];
  const ends = routeEnds(steps);
  return (
    <Pane label={t`Where mail goes`} title={<Trans>Where would mail go?</Trans>} onClose={props.onClose}>
      <form
        className={tree.ask}
        onSubmit={(event) => {
          event.preventDefault();
          const next = typed.trim();
          setFrom(sender.trim());
          if (next === asked && sender.trim() === from) void query.refetch();
          else setAsked(next);
        }}
      >
        <TextInput
          aria-label={t`Address`}
          placeholder={t`name@example.org`}
          ref={props.address === '' ? focusFirst : undefined}
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <TextInput
          aria-label={t`Sender`}
          placeholder={t`from anybody`}
          spellCheck={false}
          value={sender}
          onChange={(event) => setSender(event.currentTarget.value)}
        />
        <Button type="submit" disabled={typed.trim() === ''}>
          <Trans>Ask the server</Trans>
        </Button>
      </form>
      {query.isFetching && (
        <p className={css.plain} role="status">
          <Spinner /> <Trans>Asking the server’s tables</Trans>
        </p>
      )}
      {query.error !== null && !query.isFetching && (
        <FailureNotice
          title={<Trans>The tables could not be asked</Trans>}
          serverId={serverId}
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.data !== undefined && !query.isFetching && (
        <>
          <p className={tree.sum} role="status">
            <Plural value={ends.boxes} _0="No mailbox here" one="# mailbox here" other="# mailboxes here" />
            {ends.away > 0 && (
              <>
                {', '}
                <Plural value={ends.away} one="# way out" other="# ways out" />
              </>
            )}
            {ends.bad > 0 && (
              <strong>
                {', '}
                <Plural value={ends.bad} one="# dead end" other="# dead ends" />
              </strong>
            )}
          </p>
          <ul className={tree.tree} aria-label={t`Way of mail to ${asked}`}>
            <Branch node={routeTree(asked, steps)} />
          </ul>
        </>
      )}
    </Pane>
  );
}

function Branch(props: { node: RouteNode }) {
  const { node } = props;
  const bad = node.ends.some((end) => end.kind === 'unknown' || end.kind === 'loop');
  return (
    <li>
      <div className={tree.node} data-bad={bad || undefined}>
        <span className={tree.address}>{visibleLine(node.address)}</span>
        {node.ends.map((end, at) => (
          <span key={at} className={tree.end} data-kind={end.kind}>
            <KindIcon kind={end.kind} />
            <KindWord kind={end.kind} />
            {end.by !== '' && <span className={`${tree.by} pd-mono`}>{visibleLine(end.by)}</span>}
            {end.via !== undefined && <Via via={end.via} />}
          </span>
        ))}
        {node.again && (
          <span className={tree.end}>
            <IconRefresh size={13} aria-hidden="true" />
            <Trans>drawn above</Trans>
          </span>
        )}
      </div>
      {node.ways.map((way, at) => (
        <div key={at}>
          <p className={tree.way}>
            <IconCornerDownRight size={13} aria-hidden="true" />
            <KindWord kind={way.kind} />
            <span className={`${tree.by} pd-mono`}>{visibleLine(way.by)}</span>
          </p>
          <ul>
            {way.to.map((next, i) => (
              <Branch key={i} node={next} />
            ))}
          </ul>
        </div>
      ))}
    </li>
  );
}

/** How Postfix hands it over, and the address it leaves from where one is set. */
function Via({ via }: { via: NonNullable<RouteStep['via']> }) {
  const { transport, nexthop, outgoing } = via;
  return (
    <span className="pd-3">
      <Trans>by</Trans>{' '}
      <span className="pd-mono">
        {visibleLine(transport)}
        {nexthop !== null && `:${visibleLine(nexthop)}`}
      </span>
      {outgoing !== null && (
        <>
          {' '}
          <Trans>
            from <span className="pd-mono">{outgoing}</span>
          </Trans>
        </>
      )}
    </span>
  );
}

function KindWord(props: { kind: RouteKind }): ReactNode {
  switch (props.kind) {
    case 'alias':
      return <Trans>alias</Trans>;
    case 'catch-all':
      return <Trans>catch-all</Trans>;
    case 'alias-domain':
      return <Trans>alias domain</Trans>;
    case 'forward':
      return <Trans>forwarded by the user’s rules</Trans>;
    case 'mailbox':
      return <Trans>mailbox</Trans>;
    case 'local':
      return <Trans>local user</Trans>;
    case 'relay':
      return <Trans>to another host</Trans>;
    case 'program':
      return <Trans>to a program or file</Trans>;
    case 'unknown':
      return <Trans>nobody: refused</Trans>;
    case 'loop':
      return <Trans>loop: comes back to itself</Trans>;
    default:
      return assertNever(props.kind, 'kind of hop');
  }
}

function KindIcon(props: { kind: RouteKind }) {
  const Icon = {
    alias: IconAt,
    'catch-all': IconAt,
    'alias-domain': IconAt,
    forward: IconCornerDownRight,
    mailbox: IconInbox,
    local: IconInbox,
    relay: IconServer,
    program: IconTerminal2,
    unknown: IconBan,
    loop: IconAlertTriangle,
  }[props.kind];
  return <Icon size={13} aria-hidden="true" />;
}
