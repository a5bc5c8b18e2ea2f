import { Button } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconCheck, IconCircleMinus, IconLock, IconLockOpen, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { DomainAbilities, MailDomain, Outgoing } from '#shared/model/domain.ts';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { Badge, Fact, Facts } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { useBinarySize } from './account-words.tsx';
import { OutgoingRow } from './outgoing-pane.tsx';
import { Footer, Pane, paneCss, Row } from './pane.tsx';
import { useSequence } from './use-sequence.ts';
import type { ViewProps } from './view-props.ts';

export function DomainBadge(props: { domain: MailDomain; bare?: boolean }) {
  return props.domain.active ? (
    <Badge tone="ok" icon={<IconCheck size={14} />} bare={props.bare === true} quiet>
      <Trans>Active</Trans>
    </Badge>
  ) : (
    <Badge tone="mute" icon={<IconCircleMinus size={14} />} bare={props.bare === true} quiet>
      <Trans>Off</Trans>
    </Badge>
  );
}

/** One domain: what it holds, where its mail leaves from, and what can be done with it. */
export function DomainPane(props: {
  view: ViewProps;
  domain: MailDomain;
  outgoing: Outgoing;
  abilities: DomainAbilities;
  onDelete: (domain: string) => void;
  onClose: () => void;
}) {
  const { view, domain, outgoing, abilities } = props;
  const { serverId, directory } = view;
  const sequence = useSequence();
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const changed = chosen !== undefined && chosen !== domain.outgoing;
  const { t } = useLingui();
  const dialogs = useDialogs();
  const format = useFormat();
  const size = useBinarySize();
  const off = directory.failure !== null;
  const able = directory.reading?.abilities ?? null;
  const target = { by: 'domain' as const, domain: domain.domain };
  const review = () => {
    if (!changed || off) return;
    sequence([{ kind: 'domains.outgoing', serverId, domain: domain.domain, ip: chosen }], () => setChosen(undefined));
  };
  useKeys({ 'ctrl+s': review });
  return (
    <Pane
      label={t`Domain ${domain.domain}`}
      title={visibleLine(domain.domain)}
      sub={<DomainBadge domain={domain} />}
      footer={
        abilities.outgoing && (
          <Footer changes={changed ? 1 : 0} ready={!off} onDiscard={() => setChosen(undefined)} onReview={review} />
        )
      }
      onClose={props.onClose}
    >
      {abilities.outgoing ? (
        <OutgoingRow
          label={<Trans>Mail leaves from</Trans>}
          addresses={outgoing.addresses}
          none={outgoing.default === null ? t`no address of its own` : t`the default, ${outgoing.default}`}
          value={chosen === undefined ? domain.outgoing : chosen}
          before={domain.outgoing}
          hint={<Trans>Of senders at {visibleLine(domain.domain)}</Trans>}
          onChange={setChosen}
        />
      ) : (
        domain.outgoing !== null && (
          <Row label={<Trans>Mail leaves from</Trans>} group>
            {() => <p className={`${paneCss.value} pd-mono`}>{domain.outgoing}</p>}
          </Row>
        )
      )}
      <div className={paneCss.plain}>
        <Facts>
          {domain.aliasOf !== null && (
            <Fact label={<Trans>Alias of</Trans>} mono>
              {visibleLine(domain.aliasOf)}
            </Fact>
          )}
          <Fact label={<Trans>Accounts</Trans>}>
            {domain.blocked === 0 ? (
              format.count(domain.accounts)
            ) : (
              <Trans>
                {format.count(domain.accounts)}, {format.count(domain.blocked)} blocked
              </Trans>
            )}
          </Fact>
          <Fact label={<Trans>Aliases</Trans>}>
            <Trans>
              {format.count(domain.aliases)}, {format.count(domain.localAliases)} of them local
            </Trans>
          </Fact>
          <Fact label={<Trans>Used space</Trans>}>
            {domain.used === null ? <Trans>not counted</Trans> : size(domain.used)}
          </Fact>
          <Fact label={<Trans>DKIM keys</Trans>} mono>
            {domain.dkim.length === 0 ? (
              <Trans>none found on the server</Trans>
            ) : (
              domain.dkim.map((path) => <div key={path}>{visibleLine(path)}</div>)
            )}
          </Fact>
          <Fact label={<Trans>Stands in</Trans>} mono>
            {visibleLine(domain.source)}
          </Fact>
        </Facts>
      </div>
      <div className={paneCss.actions}>
        <Button onClick={() => view.set({ view: 'accounts', q: `domain:${domain.domain}`, open: null })}>
          <Trans>Show its accounts</Trans>
        </Button>
        <Button onClick={() => view.set({ view: 'aliases', q: `domain:${domain.domain}`, open: null })}>
          <Trans>Show its aliases</Trans>
        </Button>
      </div>
      {!off && (
        <div className={paneCss.actions}>
          {able?.block === true && domain.accounts > 0 && (
            <>
              <Button
                leftSection={<IconLock size={14} />}
                onClick={() =>
                  dialogs.open({
                    kind: 'change',
                    request: { kind: 'accounts.block', serverId, target, sending: false, receiving: false },
                  })
                }
              >
                <Trans>Block its accounts…</Trans>
              </Button>
              <Button
                leftSection={<IconLockOpen size={14} />}
                onClick={() =>
                  dialogs.open({ kind: 'change', request: { kind: 'accounts.unblock', serverId, target } })
                }
              >
                <Trans>Unblock its accounts…</Trans>
              </Button>
            </>
          )}
          {domain.editable && (
            <Button
              variant="danger-quiet"
              leftSection={<IconTrash size={14} />}
              onClick={() => props.onDelete(domain.domain)}
            >
              <Trans>Delete…</Trans>
            </Button>
          )}
        </div>
      )}
      {!domain.editable && (
        <div className={paneCss.plain}>
          <p>
            <Trans>It stands where it cannot be written safely, so it is only shown.</Trans>
          </p>
        </div>
      )}
    </Pane>
  );
}
