import { Trans } from '@lingui/react/macro';
import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconCircleMinus,
  IconExternalLink,
  IconRefresh,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Alias } from '#shared/model/alias.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { Badge } from '../../ui/parts.tsx';
import css from './accounts.module.css';

export function AliasKindWord(props: { kind: Alias['kind'] }): ReactNode {
  switch (props.kind) {
    case 'local':
      return <Trans>this server</Trans>;
    case 'external':
      return (
        <span className={css.mark}>
          <IconExternalLink size={13} aria-hidden="true" /> <Trans>other hosts</Trans>
        </span>
      );
    case 'mixed':
      return (
        <span className={css.mark}>
          <IconExternalLink size={13} aria-hidden="true" /> <Trans>here and other hosts</Trans>
        </span>
      );
    case 'catch-all':
      return <Trans>catch-all</Trans>;
    case 'program':
      return <Trans>program or file</Trans>;
    default:
      return assertNever(props.kind, 'kind of alias');
  }
}

export function AliasBadge(props: { alias: Alias; bare?: boolean }) {
  const { alias } = props;
  const bare = props.bare === true;
  if (!alias.enabled) {
    return (
      <Badge tone="mute" icon={<IconCircleMinus size={14} />} bare={bare} quiet>
        <Trans>Disabled</Trans>
      </Badge>
    );
  }
  if (alias.problem === 'loop') {
    return (
      <Badge tone="bad" icon={<IconRefresh size={14} />} bare={bare}>
        <Trans>Loop</Trans>
      </Badge>
    );
  }
  if (alias.problem === 'dead-end') {
    return (
      <Badge tone="warn" icon={<IconAlertTriangle size={14} />} bare={bare}>
        <Trans>Dead end</Trans>
      </Badge>
    );
  }
  if (!alias.editable) {
    return (
      <Badge tone="mute" icon={<IconBan size={14} />} bare={bare} quiet>
        <Trans>Read only</Trans>
      </Badge>
    );
  }
  return (
    <Badge tone="ok" icon={<IconCheck size={14} />} bare={bare} quiet>
      <Trans>In use</Trans>
    </Badge>
  );
}
