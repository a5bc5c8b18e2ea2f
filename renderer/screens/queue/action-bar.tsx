import { Button, Menu, Tooltip } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import {
  IconArrowBounce,
  IconDots,
  IconMailForward,
  IconPlayerPause,
  IconPlayerPlay,
  IconRepeat,
  IconTrash,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { PANE } from '../../app/panes.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { TickBox } from '../../ui/grid/grid.tsx';
import { Key } from '../../ui/parts.tsx';
import frame from '../../ui/screen.module.css';
import css from './queue.module.css';
import type { Selection } from './selection.ts';
import type { ActionStates, QueueAction } from './use-actions.ts';

/** What can be done with the ticked messages. Each opens the change dialog. */
export function ActionBar(props: {
  count: number;
  size: number;
  selection: Selection;
  states: ActionStates;
  onAct: (action: QueueAction) => void;
  onClear: () => void;
}) {
  const { states, onAct } = props;
  const { t } = useLingui();
  const format = useFormat();
  const all = props.selection.kind === 'all';
  return (
    <div className={frame.actions} role="toolbar" aria-label={t`Actions on ticked messages`} {...PANE}>
      <TickBox state={all && props.selection.kind === 'all' && props.selection.except.size === 0 ? 'all' : 'some'} />
      <strong className="pd-num" role="status">
        <Plural value={props.count} one="# selected" other="# selected" />
      </strong>
      <span className={`${css.actionSize} pd-3 pd-clip`}>
        {all ? <Trans>{format.size(props.size)}, all matches</Trans> : format.size(props.size)}
      </span>
      <Action off={states.hold.off} icon={<IconPlayerPause size={14} />} keys="H" onClick={() => onAct('hold')}>
        <Trans>Hold</Trans>
      </Action>
      <Action off={states.release.off} icon={<IconPlayerPlay size={14} />} keys="U" onClick={() => onAct('release')}>
        <Trans>Release</Trans>
      </Action>
      <Action off={states.requeue.off} icon={<IconRepeat size={14} />} keys="R" onClick={() => onAct('requeue')}>
        <Trans>Requeue</Trans>
      </Action>
      <Action off={states.delete.off} icon={<IconTrash size={14} />} keys="Del" danger onClick={() => onAct('delete')}>
        <Trans>Delete…</Trans>
      </Action>
      <Menu position="top-end">
        <Menu.Target>
          <button type="button" className="pd-icon-button" aria-label={t`More actions`}>
            <IconDots size={15} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconMailForward size={14} />}
            disabled={states.flush.off !== null}
            title={states.flush.off ?? undefined}
            onClick={() => onAct('flush')}
          >
            <Trans>Try now…</Trans>
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowBounce size={14} />}
            disabled={states.bounce.off !== null}
            title={states.bounce.off ?? undefined}
            onClick={() => onAct('bounce')}
          >
            <Trans>Bounce to the sender…</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <button type="button" className={frame.clear} onClick={props.onClear}>
        <Trans>Clear</Trans> <Key>Esc</Key>
      </button>
    </div>
  );
}

function Action(props: {
  off: string | null;
  icon: ReactNode;
  keys: string;
  danger?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  const button = (
    <Button
      {...(props.danger === true ? { variant: 'danger-quiet' } : {})}
      leftSection={props.icon}
      rightSection={<Key>{props.keys}</Key>}
      data-disabled={props.off !== null || undefined}
      aria-disabled={props.off !== null}
      onClick={() => {
        if (props.off === null) props.onClick();
      }}
    >
      {props.children}
    </Button>
  );
  return props.off === null ? button : <Tooltip label={props.off}>{button}</Tooltip>;
}
