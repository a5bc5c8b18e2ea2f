import { Checkbox, Radio, Stack } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { MailFate } from '#shared/model/account.ts';
import type { ChangeRequest, Plan } from '#shared/model/change.ts';
import { useApi } from '../../api/console.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { Code } from '../../ui/parts.tsx';
import { visible, visibleLine } from '../../ui/visible.ts';
import css from './change-dialog.module.css';
import own from './plan-directory.module.css';

/** Names fetched at once; a plan of thousands is paged through. */
const PAGE = 200;

/** What a plan of accounts, aliases or domains is about: names, all of them within reach. */
export function DirectoryTargets(props: { plan: Plan }) {
  const { plan } = props;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const list = useInfiniteQuery({
    queryKey: ['plan-targets', 'names', plan.id],
    queryFn: ({ pageParam }) => api.client.changes.planTargets({ planId: plan.id, offset: pageParam, count: PAGE }),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (pages.length * PAGE < last.total ? pages.length * PAGE : undefined),
    enabled: plan.targets > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (plan.targets === 0) {
    return (
      <p className={css.none}>
        <Trans>Nothing is left to change: it stands on the server as asked for.</Trans>
      </p>
    );
  }
  const names = (list.data?.pages ?? []).flatMap((page) => page.targets);
  const rest = plan.targets - names.length;
  return (
    <section>
      <h3 className={css.section}>
        <Trans>Targets</Trans> <span className={css.aside}>{format.count(plan.targets)}</span>
      </h3>
      <div className={own.names} role="group" aria-label={t`Targets`} tabIndex={0}>
        {names.map((name) => (
          <span key={name}>{visibleLine(name)}</span>
        ))}
        {rest > 0 && names.length > 0 && (
          <button type="button" className="pd-link" onClick={() => void list.fetchNextPage()}>
            <Plural value={rest} one="# more" other="# more" />
          </button>
        )}
      </div>
    </section>
  );
}

/** Lines that would be replaced, place by place. Secrets are covered by the planner. */
export function Lines(props: { plan: Plan }) {
  const { t } = useLingui();
  const places = (props.plan.diff ?? []).filter((place) => place.lines.length > 0);
  if (places.length === 0) return null;
  return (
    <section>
      <h3 className={css.section}>
        <Trans>Lines that change</Trans>
      </h3>
      <Code label={t`Lines that change`}>
        {places.map((place) => (
          <div key={place.place} className={own.place}>
            <div className="pd-3">{visibleLine(place.place)}</div>
            {place.lines.map((line, at) => (
              <div key={at} className={own.diff} data-sign={line.sign}>
                <span aria-label={line.sign === '+' ? t`added` : t`removed`} role="img">
                  {line.sign}
                </span>
                <span>{visible(line.text)}</span>
              </div>
            ))}
            {place.more > 0 && (
              <div className="pd-3">
                <Plural value={place.more} one="and # more line" other="and # more lines" />
              </div>
            )}
          </div>
        ))}
      </Code>
    </section>
  );
}

/** What can still be chosen before a change of accounts runs. Each choice makes another plan. */
export function DirectoryChoices(props: { plan: Plan; busy: boolean; onChange: (request: ChangeRequest) => void }) {
  const { busy, onChange } = props;
  const { t } = useLingui();
  const { request } = props.plan;
  if (request.kind === 'accounts.block') {
    return (
      <section>
        <h3 className={css.section}>
          <Trans>What is refused</Trans>
        </h3>
        <div className={own.row}>
          <Checkbox checked readOnly aria-disabled label={t`login`} />
          <Checkbox
            checked={request.sending}
            disabled={busy}
            label={t`sending`}
            onChange={(event) => onChange({ ...request, sending: event.currentTarget.checked })}
          />
          <Checkbox
            checked={request.receiving}
            disabled={busy}
            label={t`receiving`}
            onChange={(event) => onChange({ ...request, receiving: event.currentTarget.checked })}
          />
        </div>
      </section>
    );
  }
  if (request.kind === 'accounts.rename') {
    return (
      <Checkbox
        mt={12}
        checked={request.alias}
        disabled={busy}
        label={t`Leave an alias from ${request.address} to the new address`}
        onChange={(event) => onChange({ ...request, alias: event.currentTarget.checked })}
      />
    );
  }
  if (request.kind === 'accounts.delete' || request.kind === 'domains.delete') {
    return (
      <section>
        <h3 className={css.section} id="plan-mail">
          <Trans>What becomes of the mail</Trans>
        </h3>
        <Radio.Group
          aria-labelledby="plan-mail"
          value={request.mail}
          onChange={(value) => onChange({ ...request, mail: MailFate.parse(value) })}
        >
          <Stack gap={6}>
            <Radio
              size="xs"
              disabled={busy}
              value="aside"
              label={t`Move it aside on the server; undo brings it back`}
            />
            <Radio size="xs" disabled={busy} value="keep" label={t`Leave it where it is`} />
            <Radio size="xs" disabled={busy} value="remove" label={t`Remove it for good`} />
          </Stack>
        </Radio.Group>
      </section>
    );
  }
  return null;
}
