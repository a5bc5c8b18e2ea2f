import { Checkbox } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconArrowBackUp } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { ChangeRequest, Plan, UndoReach } from '#shared/model/change.ts';
import { useApi } from '../../api/console.tsx';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { Code } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import css from './change-dialog.module.css';
import { DirectoryChoices, DirectoryTargets, Lines } from './plan-directory.tsx';

/** Targets, commands, warnings, safe copies and undo: the parts of a plan in the order a person checks them. */
export function PlanParts(props: {
  plan: Plan;
  asked: ChangeRequest;
  busy: boolean;
  onChange: (request: ChangeRequest) => void;
  /** Senders whose messages were taken out of the targets in this dialog. */
  leftOut: readonly string[];
  onLeftOut: (senders: readonly string[]) => void;
  mayLeaveOut: boolean;
}) {
  const { plan } = props;
  return (
    <>
      {plan.request.kind.startsWith('queue.') ? <Targets {...props} /> : <DirectoryTargets plan={plan} />}
      <DirectoryChoices {...props} />
      <Lines plan={plan} />
      <Commands plan={plan} />
      <Warnings plan={plan} />
      <Backing {...props} />
    </>
  );
}

function Targets(props: {
  plan: Plan;
  busy: boolean;
  leftOut: readonly string[];
  onLeftOut: (senders: readonly string[]) => void;
  mayLeaveOut: boolean;
}) {
  const { plan, leftOut, onLeftOut } = props;
  const { t } = useLingui();
  const format = useFormat();
  const now = useNow(60);
  const rest = plan.groupsTotal - plan.groups.length;
  if (plan.targets === 0) {
    return (
      <p className={css.none}>
        <Trans>No message fits any more: they have left the queue, or are already as asked.</Trans>
      </p>
    );
  }
  return (
    <section>
      <h3 className={css.section}>
        <Trans>Targets by sender</Trans>
      </h3>
      <div className={css.tableBox} role="group" aria-label={t`Targets`} tabIndex={0}>
        <table className={css.table}>
          <thead>
            <tr>
              <th>
                <Trans>Sender</Trans>
              </th>
              <th className={css.right}>
                <Trans>Messages</Trans>
              </th>
              <th className={css.right}>
                <Trans>Size</Trans>
              </th>
              <th className={css.right}>
                <Trans>Oldest</Trans>
              </th>
              <th>
                <Trans>Sample</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {plan.groups.map((group) => (
              <tr key={group.key}>
                <td className="pd-clip" data-tip="">
                  {group.key === '' || group.key === '<>' ? <Trans>{'<>'} (bounces)</Trans> : visibleLine(group.key)}
                </td>
                <td className={`${css.right} ${css.strong} pd-num`}>{format.count(group.count)}</td>
                <td className={`${css.right} pd-2 pd-num`}>{format.size(group.size)}</td>
                <td className={`${css.right} pd-2 pd-num`}>
                  {group.oldest === null ? '' : format.age((now - Date.parse(group.oldest)) / 1000)}
                </td>
                <td className="pd-2">
                  <span className={css.sample}>
                    <span className="pd-clip" data-tip="">
                      {visibleLine(group.sample ?? '')}
                    </span>
                    {props.mayLeaveOut && plan.groupsTotal > 1 && (
                      <button
                        type="button"
                        className="pd-link"
                        disabled={props.busy}
                        aria-label={t`Leave out ${visibleLine(group.key)}`}
                        onClick={() => onLeftOut([...leftOut, group.key])}
                      >
                        <Trans>Leave out</Trans>
                      </button>
                    )}
                  </span>
                </td>
              </tr>
            ))}
            {rest > 0 && (
              <tr>
                <td colSpan={5} className="pd-3">
                  <Plural value={rest} one="and # more sender" other="and # more senders" />
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      {leftOut.length > 0 && (
        <ul className={css.leftOut} aria-label={t`Left out`}>
          {leftOut.map((sender) => (
            <li key={sender}>
              <span className="pd-clip" data-tip="">
                <Trans>Left out: {visibleLine(sender)}</Trans>
              </span>
              <button
                type="button"
                className="pd-link"
                disabled={props.busy}
                aria-label={t`Put back ${visibleLine(sender)}`}
                onClick={() => onLeftOut(leftOut.filter((each) => each !== sender))}
              >
                <Trans>Put back</Trans>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Commands(props: { plan: Plan }) {
  const { plan } = props;
  const { t } = useLingui();
  const say = useSay();
  const format = useFormat();
  const [listed, setListed] = useState(false);
  if (plan.steps.length === 0) return null;
  const fed = plan.steps.some((step) => step.stdin !== null);
  return (
    <section>
      <h3 className={css.section}>
        <Trans>What runs on {plan.serverName}</Trans> <span className={css.aside}>{say(plan.runAs)}</span>
      </h3>
      <Code label={t`Commands, in order`}>
        {plan.steps.map((step, at) => (
          <div key={step.id} className={css.command} title={say(step.title)}>
            <span className="pd-3">{at + 1}</span>
            <span>
              {visibleLine(step.command)}
              {step.stdin !== null && (
                <span className={css.stdin}>
                  {' '}
                  <Trans>stdin: {say(step.stdin.what)}</Trans>
                  {step.stdin.bytes > 0 && `, ${format.size(step.stdin.bytes)}`}
                </span>
              )}
            </span>
          </div>
        ))}
        {fed && (
          <div>
            <button
              type="button"
              className={`pd-link ${css.listLink}`}
              onClick={() => setListed(!listed)}
              aria-expanded={listed}
            >
              {listed ? <Trans>Hide the list</Trans> : <Trans>Show the list</Trans>}
            </button>
          </div>
        )}
        {listed && <TargetList planId={plan.id} />}
      </Code>
    </section>
  );
}

const PAGE = 500;

function TargetList(props: { planId: string }) {
  const api = useApi();
  const list = useInfiniteQuery({
    queryKey: ['plan-targets', props.planId],
    queryFn: ({ pageParam }) =>
      api.client.changes.planTargets({ planId: props.planId, offset: pageParam, count: PAGE }),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (pages.length * PAGE < last.total ? pages.length * PAGE : undefined),
  });
  return (
    <div className={css.ids}>
      {(list.data?.pages ?? [])
        .flatMap((page) => page.targets)
        .map((id) => (
          <span key={id}>{visibleLine(id)}</span>
        ))}
      {list.hasNextPage && (
        <button type="button" className="pd-link" onClick={() => void list.fetchNextPage()}>
          <Trans>More</Trans>
        </button>
      )}
    </div>
  );
}

function Warnings(props: { plan: Plan }) {
  const say = useSay();
  if (props.plan.warnings.length === 0) return null;
  return (
    <section>
      <h3 className={css.section}>
        <Trans>Check first</Trans>
      </h3>
      <ul>
        {props.plan.warnings.map((warning) => (
          <li key={`${warning.id}${JSON.stringify(warning.values)}`} className={css.warning}>
            <IconAlertTriangle size={15} aria-hidden="true" />
            <span>{say(warning)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Backing(props: {
  plan: Plan;
  asked: ChangeRequest;
  busy: boolean;
  onChange: (request: ChangeRequest) => void;
}) {
  // What was asked for last: its plan may still be in the making.
  const { plan, asked: request, busy, onChange } = props;
  const { t } = useLingui();
  const say = useSay();
  return (
    <div className={css.backing}>
      {(plan.safeCopies !== null || request.kind === 'queue.delete') && (
        <section>
          <h3 className={css.section}>
            <Trans>Safe copies</Trans>
          </h3>
          <p>
            {plan.safeCopies === null ? <Trans>None are made.</Trans> : <Copies plan={plan} copies={plan.safeCopies} />}
          </p>
          {request.kind === 'queue.delete' && (
            <Checkbox
              mt={6}
              disabled={busy}
              checked={request.copies}
              label={t`Copy the messages first`}
              onChange={(event) => onChange({ ...request, copies: event.currentTarget.checked })}
            />
          )}
        </section>
      )}
      <section>
        <h3 className={css.section}>
          <Trans>Undo</Trans> <Reach reach={plan.undo} />
        </h3>
        <p>{say(plan.undoNote)}</p>
        {request.kind === 'queue.restore' && (
          <Checkbox
            mt={6}
            disabled={busy}
            checked={request.hold}
            label={t`Leave them on hold`}
            onChange={(event) => onChange({ ...request, hold: event.currentTarget.checked })}
          />
        )}
      </section>
    </div>
  );
}

function Copies(props: { plan: Plan; copies: NonNullable<Plan['safeCopies']> }) {
  const { copies } = props;
  const format = useFormat();
  const size = format.size(copies.bytes);
  const unpacked = format.size(copies.unpacked);
  const until = format.date(copies.keptUntil);
  const free = format.size(copies.free);
  return (
    <>
      <strong>{copies.estimated ? <Trans>About {size}</Trans> : size}</strong>{' '}
      <Trans>
        on this computer ({unpacked} unpacked), kept until {until}. {free} free.
      </Trans>
    </>
  );
}

/** How far an undo reaches, in a word. */
export function Reach(props: { reach: UndoReach }) {
  const icon = <IconArrowBackUp size={13} aria-hidden="true" />;
  switch (props.reach) {
    case 'full':
      return (
        <span className={css.reach} data-reach="full">
          {icon} <Trans>full</Trans>
        </span>
      );
    case 'partial':
      return (
        <span className={css.reach} data-reach="partial">
          {icon} <Trans>partial</Trans>
        </span>
      );
    case 'none':
      return (
        <span className={css.reach} data-reach="none">
          <Trans>none</Trans>
        </span>
      );
    default:
      return assertNever(props.reach, 'reach of undo');
  }
}
