import { Button, Menu, Tooltip } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconChevronDown, IconPlayerPause, IconPlayerPlay, IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { QueueGroupBy } from '#shared/model/queue.ts';
import { useSettings } from '../../api/console.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { Choices, IconButton, Spinner } from '../../ui/parts.tsx';
import frame from '../../ui/screen.module.css';
import css from './queue.module.css';
import { useGroupWords } from './queue-words.tsx';
import type { ReadingState } from './use-reading.ts';

const OFTEN = ['none', 'reason', 'sender', 'recipient-domain', 'age'] as const;
const MORE = ['sender-domain', 'login', 'queue'] as const;

/** Group by, and which rows are in sight. */
export function GroupBar(props: {
  by: QueueGroupBy | null;
  onBy: (by: QueueGroupBy | null) => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const words = useGroupWords();
  const value = props.by ?? 'none';
  const rare = MORE.find((each) => each === value);
  return (
    <div className={frame.bar}>
      <span className="pd-3">
        <Trans>Group by</Trans>
      </span>
      <Choices<string>
        label={t`Group by`}
        value={value}
        options={OFTEN.map((by) => ({ value: by, label: words(by) }))}
        onChange={(by) => props.onBy(by === 'none' ? null : (by as QueueGroupBy))}
      />
      <Menu position="bottom-start">
        <Menu.Target>
          <Button
            size="compact-xs"
            variant="subtle"
            color="pdGray"
            className={css.moreBy}
            rightSection={<IconChevronDown size={12} />}
          >
            {rare === undefined ? <Trans>More</Trans> : words(rare)}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {MORE.map((by) => (
            <Menu.Item key={by} onClick={() => props.onBy(by)}>
              {words(by)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span className={`${css.rows} pd-3 pd-num pd-clip`} data-tip="">
        {props.children}
      </span>
    </div>
  );
}

/** Read again, and whether readings follow each other by themselves. */
export function LiveButtons(props: { reading: ReadingState }) {
  const { reading } = props;
  const { t } = useLingui();
  const format = useFormat();
  const { refreshSeconds } = useSettings();
  const every = format.span(reading.every);
  const stretched = reading.every > refreshSeconds;
  return (
    <>
      <IconButton label={t`Read again`} keys="F5" onClick={reading.read}>
        {reading.busy ? <Spinner /> : <IconRefresh size={15} />}
      </IconButton>
      {refreshSeconds > 0 && (
        <Tooltip
          disabled={!stretched || !reading.live}
          label={t`Reading took ${format.took(reading.reading?.ms ?? 0)}, so the next one waits longer than ${refreshSeconds} s`}
        >
          <Button
            aria-pressed={reading.live}
            leftSection={reading.live ? <IconPlayerPause size={14} /> : <IconPlayerPlay size={14} />}
            onClick={() => reading.setLive(!reading.live)}
          >
            {reading.live ? <Trans>Live, {every}</Trans> : <Trans>Paused</Trans>}
          </Button>
        </Tooltip>
      )}
    </>
  );
}
