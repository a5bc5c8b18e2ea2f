import { Trans } from '@lingui/react/macro';
import { IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { FailureData } from '#shared/model/failure.ts';
import { useFormat, useNow } from '../i18n/use-format.ts';
import { Banner } from '../ui/banner.tsx';
import { FailureWords, WayOut } from './way-out.tsx';

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
  const now = useNow();
  const answers = !['CONNECT_FAILED', 'CONNECTION_LOST', 'TIMEOUT'].includes(failure.code);
  const age = readAt === null ? null : format.age(Math.max(0, (now - Date.parse(readAt)) / 1000));
  return (
    <Banner
      icon={<IconPlugConnectedX size={15} aria-hidden="true" />}
      title={answers ? props.title : <Trans>{name} does not answer.</Trans>}
      end={
        <>
          <WayOut serverId={props.serverId} failure={failure} retry={onRetry} />
          <button type="button" className="pd-link" onClick={onRetry}>
            <Trans>Retry</Trans>
          </button>
        </>
      }
    >
      {age !== null && <Trans>Data {age} old.</Trans>} <FailureWords failure={failure} />
    </Banner>
  );
}
