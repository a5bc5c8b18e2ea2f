import { Select } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import {
  type DomainAbilities,
  type MailDomain,
  type Outgoing,
  type OutgoingAddress,
  outgoingIps,
} from '#shared/model/domain.ts';
import { useKeys } from '../../app/keys.ts';
import { visibleLine } from '../../ui/visible.ts';
import { Footer, Pane, paneCss, Row } from './pane.tsx';
import { useSequence } from './use-sequence.ts';
import type { ViewProps } from './view-props.ts';

/** A host with a network of addresses is not shown every pair of them. */
const MAX_PAIRS = 64;

/**
 * Chooses among the addresses that the host really has, one or one of each family. An address set earlier that it lost
 * since stays choosable.
 */
export function OutgoingRow(props: {
  label: ReactNode;
  addresses: readonly OutgoingAddress[];
  /** What applies where none is chosen. */
  none: string;
  value: string | null;
  before: string | null;
  hint: ReactNode;
  onChange: (ip: string | null) => void;
}) {
  const { addresses, none, value, before } = props;
  const { t } = useLingui();
  const [four, six] = [false, true].map((is) => addresses.map(({ ip }) => ip).filter((ip) => ip.includes(':') === is));
  const pairs = (four ?? []).flatMap((a) => (six ?? []).map((b) => `${a},${b}`)).slice(0, MAX_PAIRS);
  const lost = [value, before].filter(
    (ip): ip is string => ip !== null && !pairs.includes(ip) && !addresses.some((each) => each.ip === ip),
  );
  return (
    <Row label={props.label} changed={value !== before} was={<Trans>was {before ?? none}</Trans>} hint={props.hint}>
      {(id, note) => (
        <Select
          id={id}
          aria-describedby={note}
          allowDeselect={false}
          data={[
            { value: '', label: none },
            ...addresses.map(({ ip, name }) => ({
              value: ip,
              label: name === null ? t`${ip}, no name in DNS` : `${ip}, ${visibleLine(name)}`,
            })),
            ...pairs.map((pair) => ({ value: pair, label: outgoingIps(pair).join(', ') })),
            ...[...new Set(lost)].map((ip) => ({ value: ip, label: t`${ip}, no longer on this host` })),
          ]}
          value={value ?? ''}
          onChange={(ip) => props.onChange(ip === '' ? null : ip)}
        />
      )}
    </Row>
  );
}

/** Addresses that outgoing mail may leave from: the default, and which domains have one of their own. */
export function OutgoingPane(props: {
  view: ViewProps;
  outgoing: Outgoing;
  abilities: DomainAbilities;
  domains: readonly MailDomain[];
  onClose: () => void;
}) {
  const { view, outgoing, abilities, domains } = props;
  const { t } = useLingui();
  const sequence = useSequence();
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const changed = chosen !== undefined && chosen !== outgoing.default;
  const off = view.directory.failure !== null;
  const review = () => {
    if (!changed || off) return;
    sequence([{ kind: 'domains.outgoing', serverId: view.serverId, domain: null, ip: chosen }], () =>
      setChosen(undefined),
    );
  };
  useKeys({ 'ctrl+s': review });
  return (
    <Pane
      label={t`Outgoing addresses`}
      title={<Trans>Outgoing addresses</Trans>}
      footer={
        abilities.outgoingDefault && (
          <Footer changes={changed ? 1 : 0} ready={!off} onDiscard={() => setChosen(undefined)} onReview={review} />
        )
      }
      onClose={props.onClose}
    >
      {abilities.outgoingDefault && (
        <OutgoingRow
          label={<Trans>Default</Trans>}
          addresses={outgoing.addresses}
          none={t`as the host’s routing chooses`}
          value={chosen === undefined ? outgoing.default : chosen}
          before={outgoing.default}
          hint={<Trans>Of senders whose domain has no address of its own</Trans>}
          onChange={setChosen}
        />
      )}
      <div className={paneCss.plain}>
        <table className={paneCss.table}>
          <thead>
            <tr>
              <th>
                <Trans>Address</Trans>
              </th>
              <th>
                <Trans>Domains</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {outgoing.addresses.map(({ ip, name, interface: port }) => (
              <tr key={ip}>
                <td className="pd-clip" data-tip="">
                  <span className="pd-mono">{ip}</span>{' '}
                  <span className="pd-3">{name === null ? port : visibleLine(name)}</span>
                </td>
                <td className="pd-clip" data-tip="">
                  {visibleLine(
                    domains
                      .filter((domain) => outgoingIps(domain.outgoing).includes(ip))
                      .map(({ domain }) => domain)
                      .join(', '),
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Pane>
  );
}
