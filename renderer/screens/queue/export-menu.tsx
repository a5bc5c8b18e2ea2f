import { Menu, Tooltip } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconCopy, IconDownload, IconFileTypeCsv, IconHash, IconJson } from '@tabler/icons-react';
import type { QueueMessage } from '#shared/model/queue.ts';
import { copyText } from '../../ui/copy-button.tsx';
import { csv, tabbed } from '../../ui/csv.ts';
import { Spinner } from '../../ui/parts.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { queueRows } from './export.ts';

export const EXPORTS = ['csv', 'json', 'table', 'ids'] as const;
export type ExportKind = (typeof EXPORTS)[number];

/** Hands the messages over as a file, or to the clipboard. */
export async function exportAs(kind: ExportKind, messages: readonly QueueMessage[], server: string): Promise<void> {
  const at = new Date().toISOString().slice(0, 16).replaceAll(':', '');
  const name = `queue-${server}-${at}`;
  if (kind === 'csv') saveFile(new Blob([csv(queueRows(messages))], { type: 'text/csv' }), `${name}.csv`);
  else if (kind === 'json')
    saveFile(new Blob([`${JSON.stringify(messages, null, 2)}\n`], { type: 'application/json' }), `${name}.json`);
  else if (kind === 'table') await copyText(tabbed(queueRows(messages)));
  else await copyText(`${messages.map((message) => message.id).join('\n')}\n`);
}

/** Files and clipboard: the ticked messages, or all that match. */
export function ExportMenu(props: {
  ticked: number;
  matched: number;
  busy: boolean;
  take: (kind: ExportKind) => void;
}) {
  const { t } = useLingui();
  const count = props.ticked > 0 ? props.ticked : props.matched;
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Tooltip label={t`Save or copy the list`}>
          <button
            type="button"
            className="pd-icon-button"
            aria-label={t`Save or copy the list`}
            disabled={props.matched === 0}
          >
            {props.busy ? <Spinner /> : <IconDownload size={15} />}
          </button>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {props.ticked > 0 ? (
            <Plural value={count} one="# ticked message" other="# ticked messages" />
          ) : (
            <Plural value={count} one="# message, as searched" other="# messages, as searched" />
          )}
        </Menu.Label>
        <Menu.Item leftSection={<IconFileTypeCsv size={14} />} onClick={() => props.take('csv')}>
          <Trans>Save as CSV</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconJson size={14} />} onClick={() => props.take('json')}>
          <Trans>Save as JSON</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => props.take('table')}>
          <Trans>Copy as a table</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconHash size={14} />} onClick={() => props.take('ids')}>
          <Trans>Copy the queue IDs</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
