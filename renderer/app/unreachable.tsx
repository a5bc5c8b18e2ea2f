import { Trans } from '@lingui/react/macro';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { assertNever } from '#shared/model/assert-never.ts';
import { useEffect, useState } from 'react';
import type { WireState } from '../api/wire.ts';
import { Banner } from '../ui/banner.tsx';
import { Notice, Spinner } from '../ui/parts.tsx';

/** Nothing for 150 ms, so that a start that goes well does not flicker. */
export function useLate(ms = 150): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return late;
}

/** In the place of the whole page: the console has not answered yet, or does not accept this page. */
export function Unreachable(props: { state: WireState }) {
  const late = useLate();
  switch (props.state) {
    case 'open':
      return null;
    case 'connecting':
      return late ? (
        <Notice icon={<Spinner />} title={<Trans>Waiting for the console</Trans>}>
          <Trans>The page is loaded; the console behind it has not answered yet. It is asked again by itself.</Trans>
        </Notice>
      ) : null;
    case 'lost':
      return (
        <Notice tone="bad" icon={<IconPlugConnectedX size={16} />} title={<Trans>The console is not reachable</Trans>}>
          <Trans>It has stopped, or this computer was asleep. It is asked again by itself.</Trans>
        </Notice>
      );
    case 'refused':
      return (
        <Notice
          tone="bad"
          icon={<IconPlugConnectedX size={16} />}
          title={<Trans>The console does not accept this page</Trans>}
        >
          <Trans>
            It was started anew, or the address was opened without its token. Open the address that the console printed
            when it started.
          </Trans>
        </Notice>
      );
    default:
      return assertNever(props.state, 'wire state');
  }
}

/** Over the page, while the console is gone: what is on screen is old. */
export function WireBanner(props: { state: WireState }) {
  switch (props.state) {
    case 'open':
      return null;
    case 'connecting':
    case 'lost':
      return (
        <Banner icon={<IconPlugConnectedX size={15} />} title={<Trans>The console is not reachable.</Trans>}>
          <Trans>What you see is the last that it told. It is asked again by itself.</Trans>
        </Banner>
      );
    case 'refused':
      return (
        <Banner
          icon={<IconPlugConnectedX size={15} />}
          title={<Trans>The console was started anew and does not accept this page.</Trans>}
        >
          <Trans>Open the address that it printed.</Trans>
        </Banner>
      );
    default:
      return assertNever(props.state, 'wire state');
  }
}
