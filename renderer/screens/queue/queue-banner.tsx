import { Plural, Trans } from '@lingui/react/macro';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { StaleBanner } from '../../app/stale-banner.tsx';
import frame from '../../ui/screen.module.css';
import type { ReadingState } from './use-reading.ts';

/** What keeps the rows in sight from being the queue as it is: they are old, or not all. */
export function QueueBanner(props: { serverId: string; name: string; reading: ReadingState }) {
  const { serverId, name, reading } = props;
  const { failure, shown } = reading;
  return (
    <>
      {shown?.state === 'cut-short' && (
        <div className={frame.banner} role="alert">
          <IconPlugConnectedX size={15} aria-hidden="true" />
          <div className={frame.bannerText}>
            <strong>
              <Trans>The listing of {name} was cut short.</Trans>
            </strong>{' '}
            <Plural
              value={shown.read}
              one="# message was read; those behind it are not shown. Nothing was changed on the server."
              other="# messages were read; those behind them are not shown. Nothing was changed on the server."
            />
          </div>
          {failure === null && (
            <span className={frame.bannerEnd}>
              <button type="button" className="pd-link" onClick={reading.read}>
                <Trans>Retry</Trans>
              </button>
            </span>
          )}
        </div>
      )}
      {failure !== null && (
        <StaleBanner
          serverId={serverId}
          name={name}
          title={<Trans>The queue on {name} could not be read.</Trans>}
          readAt={shown?.endedAt ?? null}
          failure={failure}
          onRetry={reading.read}
        />
      )}
    </>
  );
}
