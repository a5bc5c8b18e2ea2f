import { Button } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconArrowBackUp, IconX } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Change, RanCommand, TargetOutcome } from '#shared/model/change.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { useApi } from '../../api/console.tsx';
import { Reach } from '../../app/change/plan-parts.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { useGo } from '../../app/go.ts';
import { PANE } from '../../app/panes.ts';
import { FailureNotice, FailureText, WayOut } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Code, Fact, Facts, IconButton, Key } from '../../ui/parts.tsx';
import side from '../../ui/side-pane.module.css';
import { visible, visibleLine } from '../../ui/visible.ts';
import css from './journal.module.css';
import { EntryWord, NoUndo, Outcome, StatusBadge } from './journal-words.tsx';

/** One change as the journal keeps it. */
export function ChangePane(props: { changeId: string; onClose: () => void }) {
  const { changeId } = props;
  const { t } = useLingui();
  const api = useApi();
  const say = useSay();
  const dialogs = useDialogs();
  const query = useQuery(api.query.changes.show.queryOptions({ input: { changeId }, retry: false }));
  const change = query.data;
  return (
    <aside className={`${side.pane} ${css.pane}`} aria-label={t`Change`} {...PANE}>
      {query.error !== null && (
        <FailureNotice
          title={<Trans>The change could not be read</Trans>}
          serverId=""
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {change !== undefined && (
        <>
          <header className={side.head}>
            <div className={side.title}>
              <h2>{say(change.title)}</h2>
              {change.undoable && (
                <Button
                  leftSection={<IconArrowBackUp size={14} />}
                  rightSection={<Key>Ctrl Z</Key>}
                  onClick={() => dialogs.open({ kind: 'undo', changeId })}
                >
                  <Trans>Undo…</Trans>
                </Button>
              )}
              <IconButton label={t`Close the change`} keys="Esc" onClick={props.onClose}>
                <IconX size={15} />
              </IconButton>
            </div>
            <div className={side.sub}>
              <StatusBadge status={change.status} />
              <span className="pd-2">
                <Outcome change={change} />
              </span>
            </div>
          </header>
          <div className={side.scroll} tabIndex={0}>
            {change.status === 'interrupted' && <Reconcile change={change} />}
            <About change={change} />
            <Ran change={change} />
            <Notes change={change} />
            <Undo change={change} />
            <Chain changeId={changeId} />
          </div>
        </>
      )}
    </aside>
  );
}

/** A change that was cut off: the server tells how far it got; nothing is repeated. */
function Reconcile(props: { change: Change }) {
  const { change } = props;
  const api = useApi();
  const reconcile = useMutation({
    mutationFn: () => api.client.changes.reconcile({ changeId: change.id }),
    onSuccess: () => api.cache.invalidateQueries({ queryKey: api.query.changes.key() }),
  });
  return (
    <Part title={<Trans>It was cut off</Trans>}>
      <p className="pd-2">
        <Trans>
          The connection, the console or the server ended before it was done. Reading the server tells how far it got;
          nothing is repeated.
        </Trans>
      </p>
      <div className={css.ways}>
        <Button variant="ink" loading={reconcile.isPending} onClick={() => reconcile.mutate()}>
          <Trans>Read how far it got</Trans>
        </Button>
        {reconcile.error !== null && (
          <WayOut serverId={change.serverId} failure={failureOf(reconcile.error)} retry={() => reconcile.mutate()} />
        )}
      </div>
      {reconcile.error !== null && <FailureText error={reconcile.error} />}
    </Part>
  );
}

function About(props: { change: Change }) {
  const { change } = props;
  const format = useFormat();
  const go = useGo();
  const took = change.endedAt === null ? null : Date.parse(change.endedAt) - Date.parse(change.startedAt);
  return (
    <Part>
      <Facts>
        <Fact label={<Trans>Who</Trans>}>{visibleLine(change.who)}</Fact>
        <Fact label={<Trans>Where</Trans>}>
          {visibleLine(change.serverName)}
          {change.demo && (
            <span className={css.demo}>
              <Trans>Demo</Trans>
            </span>
          )}
        </Fact>
        <Fact label={<Trans>When</Trans>}>
          <span className="pd-num">{format.stamp(change.startedAt)}</span>
          {took !== null && change.endedAt !== null && (
            <>
              {' '}
              <Trans>to {format.seconds(change.endedAt)}</Trans>{' '}
              <span className={`${css.took} pd-3`}>{format.took(took)}</span>
            </>
          )}
        </Fact>
        {change.reason !== null && <Fact label={<Trans>Reason</Trans>}>{visibleLine(change.reason)}</Fact>}
        <Fact label={<Trans>Read back</Trans>}>
          {change.verified === null ? (
            <Trans>not read back</Trans>
          ) : change.verified ? (
            <Trans>it is as asked for</Trans>
          ) : (
            <Trans>it is not as asked for</Trans>
          )}
        </Fact>
        {change.undoOf !== null && (
          <Fact label={<Trans>Undoes</Trans>}>
            <button type="button" className="pd-link" onClick={() => go.journal(change.undoOf ?? undefined)}>
              <Trans>an earlier change</Trans>
            </button>
          </Fact>
        )}
        {change.undoneBy !== null && (
          <Fact label={<Trans>Undone by</Trans>}>
            <button type="button" className="pd-link" onClick={() => go.journal(change.undoneBy ?? undefined)}>
              <Trans>a later change</Trans>
            </button>
          </Fact>
        )}
      </Facts>
    </Part>
  );
}

function Ran(props: { change: Change }) {
  const { change } = props;
  const { t } = useLingui();
  if (change.commands.length === 0) return null;
  return (
    <Part
      title={
        <>
          <Trans>What ran</Trans>{' '}
          <span className={css.aside}>
            <Trans>exit status and time</Trans>
          </span>
        </>
      }
      end={
        <CopyButton text={`${change.commands.map((command) => command.command).join('\n')}\n`}>
          <Trans>Copy</Trans>
        </CopyButton>
      }
    >
      <Code label={t`Commands that ran`}>
        {change.commands.map((command, at) => (
          <Command key={at} number={at + 1} command={command} />
        ))}
      </Code>
    </Part>
  );
}

function Command(props: { number: number; command: RanCommand }) {
  const { command } = props;
  const say = useSay();
  const format = useFormat();
  const exit = command.exit === null ? (command.signal ?? '?') : String(command.exit);
  return (
    <>
      <div className={css.command}>
        <span className="pd-3">{props.number}</span>
        <span>{visibleLine(command.command)}</span>
        <span className={`${css.exit} pd-num`} data-bad={command.exit !== 0}>
          {exit}, {format.took(command.ms)}
        </span>
      </div>
      {command.stdin !== null && (
        <div className={css.stdin}>
          <Trans>stdin: {say(command.stdin.what)}</Trans>
          {command.stdin.bytes > 0 && `, ${format.size(command.stdin.bytes)}`}
        </div>
      )}
      {command.output !== '' && <div className={css.output}>{visible(command.output.trim())}</div>}
    </>
  );
}

function Notes(props: { change: Change }) {
  const { change } = props;
  const say = useSay();
  return (
    <>
      {change.notes.length > 0 && (
        <Part title={<Trans>Noticed</Trans>}>
          <ul className="pd-2">
            {change.notes.map((note) => (
              <li key={`${note.id}${JSON.stringify(note.values)}`}>{say(note)}</li>
            ))}
          </ul>
        </Part>
      )}
      <Outcomes title={<Trans>Left alone</Trans>} list={change.skipped} total={change.skippedTotal} />
      <Outcomes title={<Trans>Failed</Trans>} list={change.failed} total={change.failedTotal} />
    </>
  );
}

function Outcomes(props: { title: ReactNode; list: readonly TargetOutcome[]; total: number }) {
  const say = useSay();
  const format = useFormat();
  if (props.total === 0) return null;
  const rest = props.total - props.list.length;
  return (
    <Part
      title={
        <>
          {props.title} <span className={css.aside}>{format.count(props.total)}</span>
        </>
      }
    >
      <ul className={css.outcomes}>
        {props.list.map((outcome) => (
          <li key={outcome.target}>
            <span className="pd-mono">{visibleLine(outcome.target)}</span>{' '}
            <span className="pd-2">{say(outcome.why)}</span>
          </li>
        ))}
        {rest > 0 && (
          <li className="pd-3">
            <Trans>and {format.count(rest)} more</Trans>
          </li>
        )}
      </ul>
    </Part>
  );
}

function Undo(props: { change: Change }) {
  const { change } = props;
  const say = useSay();
  const format = useFormat();
  const copies = change.safeCopies;
  return (
    <>
      <Part title={<Trans>Undo</Trans>}>
        <p className="pd-2">
          {change.undoable ? (
            <Reach reach={change.undo} />
          ) : (
            <strong>
              <NoUndo change={change} />
            </strong>
          )}{' '}
          {say(change.undoNote)}
        </p>
      </Part>
      {copies !== null && (
        <Part title={<Trans>Safe copies</Trans>}>
          <Facts>
            <Fact label={<Trans>Size</Trans>}>
              {format.size(copies.bytes)} <span className="pd-3">({format.count(copies.count)})</span>
            </Fact>
            <Fact label={<Trans>Kept until</Trans>}>{format.date(copies.keptUntil)}</Fact>
          </Facts>
        </Part>
      )}
    </>
  );
}

function Chain(props: { changeId: string }) {
  const api = useApi();
  const format = useFormat();
  const { data } = useQuery(
    api.query.changes.entries.queryOptions({ input: { changeId: props.changeId }, retry: false }),
  );
  if (data === undefined || data.length === 0) return null;
  return (
    <Part title={<Trans>Place in the chain</Trans>}>
      <ul className={css.links}>
        {data.toReversed().map((entry) => (
          <li key={entry.seq}>
            <span className="pd-num">{format.count(entry.seq)}</span>
            <span className="pd-mono pd-2" data-tip={entry.hash}>
              {entry.hash.slice(0, 8)} … {entry.hash.slice(-4)}
            </span>
            <span className="pd-2">
              <EntryWord type={entry.type} /> {format.seconds(entry.at)}
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Part(props: { title?: ReactNode; end?: ReactNode; children: ReactNode }) {
  return (
    <section className={`${side.part} ${css.part}`}>
      {props.title !== undefined && (
        <h3>
          <span>{props.title}</span>
          {props.end}
        </h3>
      )}
      {props.children}
    </section>
  );
}
