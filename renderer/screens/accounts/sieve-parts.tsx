import { Textarea } from '@mantine/core';
import { Trans } from '@lingui/react/macro';
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { Mailbox, SieveOffers } from '#shared/model/mailbox.ts';
import type { SieveSettings } from '#shared/model/sieve.ts';
import { useSay } from '../../i18n/words.ts';
import { visibleLine } from '../../ui/visible.ts';
import { Row, Say } from './pane.tsx';
import { parseList, sieveProblem } from './sieve-form.ts';

export interface RulesProps {
  mailbox: Mailbox;
  /** As typed; null: this server has no Sieve. */
  sieve: SieveSettings | null;
  /** As it stands on the server. */
  before: SieveSettings | null;
  onSieve: (change: Partial<SieveSettings>) => void;
}

/** What the user's own panel would offer, or why it cannot be. */
export function Sieve(props: { form: RulesProps; children: (sieve: SieveSettings, offers: SieveOffers) => ReactNode }) {
  const { mailbox, sieve, before } = props.form;
  const say = useSay();
  if (!mailbox.sieve.available) {
    return <Say icon={<IconInfoCircle size={15} aria-hidden="true" />}>{say(mailbox.sieve.why)}</Say>;
  }
  if (sieve === null) return null;
  if (mailbox.sieve.changedByHand) {
    return (
      <>
        <Say tone="warn" icon={<IconAlertTriangle size={15} aria-hidden="true" />}>
          <Trans>The script was changed by hand. It is shown under Rules and left as it is.</Trans>
        </Say>
      </>
    );
  }
  const problem = sieve === before ? null : sieveProblem(sieve);
  return (
    <>
      {problem !== null && (
        <Say tone="bad" icon={<IconAlertTriangle size={15} aria-hidden="true" />}>
          {say(problem)}
        </Say>
      )}
      {props.children(sieve, mailbox.sieve.offers)}
    </>
  );
}

/** A box of addresses. What is typed stays as typed; the list is what is in it. */
export function ListField(props: {
  id: string;
  note: string;
  value: readonly string[];
  placeholder?: string;
  rows?: number;
  onChange: (list: string[]) => void;
}) {
  const [text, setText] = useState<string | null>(null);
  const own = text !== null && parseList(text).join() === props.value.join();
  return (
    <Textarea
      id={props.id}
      aria-describedby={props.note}
      autosize
      minRows={props.rows ?? 2}
      maxRows={10}
      value={own ? text : props.value.join('\n')}
      {...(props.placeholder === undefined ? {} : { placeholder: props.placeholder })}
      spellCheck={false}
      onChange={(event) => {
        setText(event.currentTarget.value);
        props.onChange(parseList(event.currentTarget.value));
      }}
    />
  );
}

export const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);

/** What a list was before it was typed over. */
export function Was(props: { list: readonly string[] }) {
  const { list } = props;
  if (list.length === 0) return <Trans>was none</Trans>;
  const first = visibleLine(list.slice(0, 3).join(', '));
  const rest = list.length - 3;
  return rest > 0 ? (
    <Trans>
      was {first} and {rest} more
    </Trans>
  ) : (
    <Trans>was {first}</Trans>
  );
}

/** A row whose field is a list, one entry a line; what it was stands beside it once it is another. */
export function ListRow(props: {
  label: ReactNode;
  hint: ReactNode;
  value: readonly string[];
  old: readonly string[];
  placeholder: string;
  rows?: number;
  onChange: (list: string[]) => void;
}) {
  const { label, hint, old, ...field } = props;
  return (
    <Row label={label} changed={differs(field.value, old)} was={<Was list={old} />} hint={hint}>
      {(id, note) => <ListField id={id} note={note} {...field} />}
    </Row>
  );
}
