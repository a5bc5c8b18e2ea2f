import { Trans } from '@lingui/react/macro';
import { IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { FailureData } from '#shared/model/failure.ts';
import { useFormat, useNow } from '../i18n/use-format.ts';
import { useSay } from '../i18n/words.ts';
import frame from '../ui/screen.module.css';
import { WayOut } from './way-out.tsx';

/** Old rows stay in sight; this says how old they are, why there are no newer ones, and what to do next. */
export function StaleBanner(props: {
  serverId: string;
  name: string;
  /** What could not be read, of a server that answers. */
  title: ReactNode;
  /** When the rows in sight were read, ISO 8601; null: not known. */
  readAt: string | null;
  failure: FailureData;
  onRetry: () => void;
}) {
  const { failure, name, readAt, onRetry } = props;
  const format = useFormat();
  const say = useSay();
  const now = useNow();
  const answers = !['CONNECT_FAILED', 'CONNECTION_LOST', 'TIMEOUT'].includes(failure.code);
  const age = readAt === null ? null : format.age(Math.max(0, (now - Date.parse(readAt)) / 1000));
  return (
    <div className={frame.banner} role="alert">
      <IconPlugConnectedX size={15} aria-hidden="true" />
      <div className={frame.bannerText}>
        <strong>{answers ? props.title : <Trans>{name} does not answer.</Trans>}</strong>{' '}
        {age !== null && <Trans>Data {age} old.</Trans>} {say(failure.message)}
        {failure.hint !== null && <div className="pd-2">{say(failure.hint)}</div>}
      </div>
      <span className={frame.bannerEnd}>
        <WayOut serverId={props.serverId} failure={failure} retry={onRetry} />
        <button type="button" className="pd-link" onClick={onRetry}>
          <Trans>Retry</Trans>
        </button>
      </span>
    </div>
  );
}
