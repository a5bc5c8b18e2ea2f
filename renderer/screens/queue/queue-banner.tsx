import { Plural, Trans } from '@lingui/react/macro';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { StaleBanner } from '../../app/stale-banner.tsx';
import { Banner } from '../../ui/banner.tsx';
import type { ReadingState } from './use-reading.ts';

/** What keeps the rows in sight from being the queue as it is: they are old, or not all. */
export function QueueBanner(props: { serverId: string; name: string; reading: ReadingState }) {
  const { serverId, name, reading } = props;
  const { failure, shown } = reading;
  return (
    <>
      {shown?.state === 'cut-short' && (
        <Banner
          icon={<IconPlugConnectedX size={15} aria-hidden="true" />}
          title={<Trans>The listing of {name} was cut short.</Trans>}
          end={
            failure === null && (
              <button type="button" className="pd-link" onClick={reading.read}>
                <Trans>Retry</Trans>
              </button>
            )
          }
        >
          <Plural
            value={shown.read}
            one="# message was read; those behind it are not shown. Nothing was changed on the server."
            other="# messages were read; those behind them are not shown. Nothing was changed on the server."
          />
        </Banner>
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
