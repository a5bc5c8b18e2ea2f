import { Button, Checkbox, Modal, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconCopy } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ChangeRequest, Plan } from '#shared/model/change.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { useApi } from '../../api/console.tsx';
import { useNow } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { copyText } from '../../ui/copy-button.tsx';
import { Key, Spinner } from '../../ui/parts.tsx';
import { useDialogs } from '../dialogs.tsx';
import { useConfirmKey } from '../use-confirm-key.ts';
import { FailureText, WayOut } from '../way-out.tsx';
import css from './change-dialog.module.css';
import { Confirm, isDanger, KindIcon, Planning } from './change-words.tsx';
import { canLeaveOut, leaveOutSenders } from './left-out.ts';
import { PlanParts } from './plan-parts.tsx';

export type Ask = { request: ChangeRequest } | { undo: string };

/**
 * The one dialog every write goes through: what would happen, in a fixed order, before anything does. The reason has
 * the focus, never the confirm button.
 */
export function ChangeDialog(props: {
  ask: Ask;
  onApplied?: ((started: { changeId: string }) => void) | undefined;
  onClose: () => void;
}) {
  const { onClose, onApplied } = props;
  const { t } = useLingui();
  const api = useApi();
  const say = useSay();
  const dialogs = useDialogs();
  const now = useNow();
  const [base, setBase] = useState<Ask>(props.ask);
  const [leftOut, setLeftOut] = useState<readonly string[]>([]);
  const ask = useMemo<Ask>(
    () => ('undo' in base ? base : { request: leaveOutSenders(base.request, leftOut) }),
    [base, leftOut],
  );
  const [reason, setReason] = useState('');
  const [understood, setUnderstood] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const tick = useRef<HTMLInputElement>(null);

  const planning = useQuery({
    queryKey: ['plan', ask],
    queryFn: async ({ signal }): Promise<Plan> =>
      'undo' in ask
        ? await api.client.changes.planUndo({ changeId: ask.undo }, { signal })
        : await api.client.changes.plan({ request: ask.request }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    // The old plan stays in sight while another is made, so that nothing jumps.
    placeholderData: keepPreviousData,
  });
  const plan = planning.data;
  const expired = plan !== undefined && now > Date.parse(plan.expiresAt);

  const apply = useMutation({
    mutationFn: (ready: Plan) =>
      api.client.changes.apply({ planId: ready.id, reason: reason.trim() === '' ? null : reason.trim(), understood }),
    onSuccess: (started) => {
      applied.current = true;
      dialogs.setTray(true);
      onApplied?.(started);
      onClose();
    },
  });

  // A plan that nobody will run is dropped: it holds the list of its targets.
  const applied = useRef(false);
  const planId = plan?.id;
  useEffect(
    () => () => {
      if (planId !== undefined && !applied.current) void api.client.changes.discard({ planId }).catch(() => undefined);
    },
    [planId, api],
  );

  const ready = plan !== undefined && !planning.isPlaceholderData && !expired && planning.error === null;
  const possible = ready && plan.targets > 0 && !apply.isPending;
  const unread = plan?.undo === 'none' && !understood;
  const allowed = possible && !unread;
  useConfirmKey(() => {
    // the key leads to what is still to be read, as the eye is led by the button that is off
    if (unread) tick.current?.focus();
    else if (plan !== undefined) apply.mutate(plan);
  }, possible);
  useEffect(() => {
    if (planId !== undefined) field.current?.focus({ preventScroll: true });
  }, [planId]);

  const again = () => {
    apply.reset();
    void planning.refetch();
  };
  const kind = plan?.request.kind ?? ('undo' in ask ? 'undo' : ask.request.kind);
  const serverId = plan?.serverId ?? ('undo' in ask ? '' : ask.request.serverId);
  // The choices of a dialog are made on what was asked for; who is left out is kept apart from it.
  const change = (request: ChangeRequest) => setBase({ request });

  return (
    <Modal.Root
      opened
      onClose={onClose}
      size={764}
      centered={false}
      yOffset="min(76px, 4dvh)"
      radius="xl"
      shadow="lg"
      classNames={{ content: css.dialog }}
    >
      <Modal.Overlay />
      <Modal.Content>
        <header className={css.head}>
          <span className={css.icon} aria-hidden="true">
            <KindIcon kind={kind} />
          </span>
          <div className={css.headWords}>
            <Modal.Title>
              {plan === undefined ? <Planning kind={kind} /> : say(plan.title)}
              {plan?.demo === true && (
                <span className={css.demo}>
                  <Trans>Demo</Trans>
                </span>
              )}
            </Modal.Title>
            <p className={css.effect}>{plan !== undefined && say(plan.effect)}</p>
          </div>
          <Modal.CloseButton aria-label={t`Close`} />
        </header>
        <Modal.Body className={css.body}>
          {plan === undefined && planning.isPending && (
            <p className={css.wait} role="status">
              <Spinner />
              <Trans>Reading the server to work out what would happen. Nothing is changed.</Trans>
            </p>
          )}
          {planning.error !== null && (
            <>
              <FailureText error={planning.error} />
              <div className={css.ways}>
                <WayOut serverId={serverId} failure={failureOf(planning.error)} retry={again} />
                <Button onClick={again}>
                  <Trans>Plan again</Trans>
                </Button>
              </div>
            </>
          )}
          {plan !== undefined && planning.error === null && (
            <PlanParts
              plan={plan}
              asked={'request' in base ? base.request : plan.request}
              busy={planning.isFetching}
              onChange={change}
              leftOut={leftOut}
              onLeftOut={setLeftOut}
              mayLeaveOut={'request' in base && canLeaveOut(base.request, leftOut.length)}
            />
          )}
          {expired && (
            <p className={css.warning} role="alert">
              <IconAlertTriangle size={15} />
              <span>
                <Trans>This plan is too old: the server may have moved on since.</Trans>{' '}
                <button type="button" className="pd-link" onClick={again}>
                  <Trans>Plan again</Trans>
                </button>
              </span>
            </p>
          )}
          {apply.error !== null && (
            <>
              <FailureText error={apply.error} />
              <div className={css.ways}>
                <WayOut serverId={serverId} failure={failureOf(apply.error)} retry={again} />
                <Button onClick={again}>
                  <Trans>Plan again</Trans>
                </Button>
              </div>
            </>
          )}
        </Modal.Body>
        <div className={css.last}>
          {plan !== undefined && planning.error === null && (
            <div className={css.sign}>
              {plan.undo === 'none' && (
                <Checkbox
                  ref={tick}
                  checked={understood}
                  onChange={(event) => setUnderstood(event.currentTarget.checked)}
                  label={t`I have read that this cannot be undone`}
                />
              )}
              <TextInput
                ref={field}
                data-autofocus
                label={t`Reason, kept in the journal`}
                value={reason}
                maxLength={2000}
                onChange={(event) => setReason(event.currentTarget.value)}
              />
            </div>
          )}
          <footer className={css.foot}>
            {plan !== undefined && plan.steps.length > 0 && (
              <Button
                leftSection={<IconCopy size={14} />}
                onClick={() => void copyText(`${plan.steps.map((step) => step.command).join('\n')}\n`)}
              >
                <Trans>Copy commands</Trans>
              </Button>
            )}
            <span className={css.grow} />
            <Button onClick={onClose} rightSection={<Key>Esc</Key>}>
              <Trans>Cancel</Trans>
            </Button>
            {plan !== undefined && (
              <Button
                variant={isDanger(plan.request.kind) ? 'danger' : 'ink'}
                disabled={!allowed}
                loading={apply.isPending}
                onClick={() => apply.mutate(plan)}
                rightSection={<Key>Ctrl Enter</Key>}
              >
                {plan.targets === 0 ? <Trans>Nothing to do</Trans> : <Confirm plan={plan} />}
              </Button>
            )}
          </footer>
        </div>
      </Modal.Content>
    </Modal.Root>
  );
}
