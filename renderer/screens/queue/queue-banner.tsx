import { Trans } from '@lingui/react/macro';
import { IconPlugConnectedX } from '@tabler/icons-react';
import type { ServerStatus } from '#shared/model/server.ts';
import { WayOut } from '../../app/way-out.tsx';
import { useFormat, useNow } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import frame from '../../ui/screen.module.css';
import type { ReadingState } from './use-reading.ts';

/** Old rows stay in sight; this says how old they are and why. */
export function QueueBanner(props: { name: string; reading: ReadingState; status: ServerStatus | undefined }) {
  const { name, reading } = props;
  const format = useFormat();
  const say = useSay();
  const now = useNow();
  const { failure } = reading;
  if (failure === null) return null;
  const read = reading.reading?.endedAt ?? null;
  const age = read === null ? null : format.age((now - Date.parse(read)) / 1000);
  const answers = !['CONNECT_FAILED', 'CONNECTION_LOST', 'TIMEOUT'].includes(failure.code);
  return (
    <div className={frame.banner} role="alert">
      <IconPlugConnectedX size={15} aria-hidden="true" />
      <strong>
        {answers ? <Trans>The queue on {name} could not be read.</Trans> : <Trans>{name} does not answer.</Trans>}
      </strong>
      <span className="pd-clip" data-tip="">
        {age !== null && <Trans>Data {age} old.</Trans>} {say(failure.message)}
      </span>
      <span className={frame.bannerEnd}>
        <WayOut serverId={reading.reading?.serverId ?? ''} failure={failure} retry={reading.read} />
        <button type="button" className="pd-link" onClick={reading.read}>
          <Trans>Retry</Trans>
        </button>
      </span>
    </div>
  );
}
