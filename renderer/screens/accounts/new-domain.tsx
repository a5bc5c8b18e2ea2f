import { Select, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import type { ChangeRequest } from '#shared/model/change.ts';
import type { DomainAbilities, MailDomain } from '#shared/model/domain.ts';
import { checkDomain } from '#shared/model/mail-address.ts';
import { useKeys } from '../../app/keys.ts';
import { Choices } from '../../ui/parts.tsx';
import { Footer, focusFirst, Pane, Row } from './pane.tsx';
import { useSequence } from './use-sequence.ts';
import type { ViewProps } from './view-props.ts';

/** A domain of its own, or one whose mail goes to the same names at another. */
export function NewDomain(props: {
  view: ViewProps;
  domains: readonly MailDomain[];
  abilities: DomainAbilities;
  onClose: () => void;
}) {
  const { view, abilities } = props;
  const { t } = useLingui();
  const sequence = useSequence();
  const [typed, setTyped] = useState('');
  const [kind, setKind] = useState<'own' | 'alias'>(abilities.add ? 'own' : 'alias');
  const [to, setTo] = useState<string | null>(null);
  const targets = props.domains.filter((domain) => domain.aliasOf === null).map(({ domain }) => domain);
  const checked = checkDomain(typed);
  const blank = typed.trim() === '';
  const review = () => {
    if (!checked.ok) return;
    const domain = checked.value;
    const { serverId } = view;
    if (kind === 'alias' && to === null) return;
    const request: ChangeRequest =
      kind === 'alias' && to !== null
        ? { kind: 'domains.alias', serverId, domain, to }
        : { kind: 'domains.add', serverId, domain };
    sequence([request], () => {
      props.onClose();
      view.set({ open: domain });
    });
  };
  useKeys({ 'ctrl+s': review });
  return (
    <Pane
      label={t`New domain`}
      title={<Trans>New domain</Trans>}
      footer={
        <Footer
          changes={blank ? 0 : 1}
          ready={checked.ok && (kind === 'own' || to !== null)}
          onDiscard={() => setTyped('')}
          onReview={review}
        />
      }
      onClose={props.onClose}
    >
      <Row
        label={<Trans>Domain</Trans>}
        problem={blank || checked.ok ? undefined : checked.problem}
        hint={<Trans>Mail comes in once its MX record leads here; DNS is not touched</Trans>}
      >
        {(id, note) => (
          <TextInput
            id={id}
            aria-describedby={note}
            ref={focusFirst}
            spellCheck={false}
            placeholder={t`example.org`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Row>
      {abilities.add && abilities.alias && (
        <Row label={<Trans>Kind</Trans>} group>
          {() => (
            <Choices
              label={t`Kind of domain`}
              value={kind}
              onChange={setKind}
              options={[
                { value: 'own', label: t`its own accounts` },
                { value: 'alias', label: t`alias of another` },
              ]}
            />
          )}
        </Row>
      )}
      {kind === 'alias' && (
        <Row label={<Trans>Mail goes to</Trans>} hint={<Trans>The same names at this domain</Trans>}>
          {(id, note) => (
            <Select
              id={id}
              aria-describedby={note}
              data={targets}
              value={to}
              searchable
              limit={100}
              placeholder={t`a domain of this server`}
              onChange={setTo}
            />
          )}
        </Row>
      )}
    </Pane>
  );
}
