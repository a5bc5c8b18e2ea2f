import { Menu } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconCopy, IconFilter, IconFilterX, IconMail } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { QueueGroupBy, QueueRow } from '#shared/model/queue.ts';
import { copyText } from '../../ui/copy-button.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { addressTerm, groupTerm, leaveOut, narrow } from '../../ui/search/queue-query.ts';

/** Where a row's menu stands, and of which row it is. */
export interface MenuPlace {
  row: QueueRow;
  x: number;
  y: number;
}

/**
 * What can be done from a row: search for only what it stands for, leave that out of the search, or take its words
 * along. What changes the server stays in the action bar, where its count stands.
 */
export function RowMenu(props: {
  place: MenuPlace | null;
  by: QueueGroupBy | null;
  query: string;
  onQuery: (query: string) => void;
  onOpen: (id: string) => void;
  onClose: () => void;
}) {
  const { place } = props;
  const { t } = useLingui();
  if (place === null) return null;
  const { row } = place;
  return (
    <Menu opened onClose={props.onClose} position="bottom-start" offset={2} width={280}>
      <Menu.Target>
        <span aria-hidden="true" style={{ position: 'fixed', left: place.x, top: place.y, width: 0, height: 0 }} />
      </Menu.Target>
      <Menu.Dropdown aria-label={t`Actions for the row`}>
        {row.kind === 'group' ? (
          <Pair {...props} term={props.by === null ? null : groupTerm(props.by, row.group.key)}>
            {null}
          </Pair>
        ) : (
          <MessageItems {...props} message={row.message} />
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function MessageItems(props: {
  message: Extract<QueueRow, { kind: 'message' }>['message'];
  query: string;
  onQuery: (query: string) => void;
  onOpen: (id: string) => void;
}) {
  const { message } = props;
  const domains = [
    ...new Set(
      message.recipients.flatMap(({ address }) => {
        const at = address.lastIndexOf('@');
        return at < 0 ? [] : [address.slice(at + 1).toLowerCase()];
      }),
    ),
  ];
  const [domain] = domains;
  const sender = message.sender === '' ? '<>' : visibleLine(message.sender);
  return (
    <>
      <Menu.Item leftSection={<IconMail size={14} />} onClick={() => props.onOpen(message.id)}>
        <Trans>Open the message</Trans>
      </Menu.Item>
      <Menu.Divider />
      <Pair {...props} term={addressTerm('sender', message.sender)}>
        {sender}
      </Pair>
      {domain !== undefined && domains.length === 1 && (
        <Pair {...props} term={groupTerm('recipient-domain', domain)}>
          {`@${visibleLine(domain)}`}
        </Pair>
      )}
      <Menu.Divider />
      <Copy text={message.id}>
        <Trans>Copy the queue ID</Trans>
      </Copy>
      {message.sender !== '' && (
        <Copy text={message.sender}>
          <Trans>Copy the sender</Trans>
        </Copy>
      )}
      <Copy text={message.recipients.map(({ address }) => address).join('\n')}>
        <Trans>Copy the recipients</Trans>
      </Copy>
    </>
  );
}

/** Only these, and all but these. */
function Pair(props: {
  term: string | null;
  query: string;
  onQuery: (query: string) => void;
  /** What they are; null: this group. */
  children: string | null;
}) {
  const { term, query, onQuery, children: name } = props;
  const off = term === null;
  return (
    <>
      <Menu.Item
        leftSection={<IconFilter size={14} />}
        disabled={off}
        onClick={() => term !== null && onQuery(narrow(query, term))}
      >
        {name === null ? <Trans>Only this group</Trans> : <Trans>Only {name}</Trans>}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconFilterX size={14} />}
        disabled={off}
        onClick={() => term !== null && onQuery(leaveOut(query, term))}
      >
        {name === null ? <Trans>Leave this group out</Trans> : <Trans>Leave out {name}</Trans>}
      </Menu.Item>
    </>
  );
}

function Copy(props: { text: string; children: ReactNode }) {
  return (
    <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => void copyText(props.text)}>
      {props.children}
    </Menu.Item>
  );
}
