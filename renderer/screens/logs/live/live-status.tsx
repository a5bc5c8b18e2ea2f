import { Plural, Trans } from '@lingui/react/macro';
import { IconPlayerPause } from '@tabler/icons-react';
import { StatusPart } from '../../../app/status-part.tsx';
import { useFormat, useNow } from '../../../i18n/use-format.ts';
import { ServerMark } from '../../../ui/server-mark.tsx';
import { visibleLine } from '../../../ui/visible.ts';
import type { LiveLog } from './live-log.ts';
import { markOf } from './live-words.tsx';

/** Live in the status bar: who is followed, how many lines a second come, what is not here yet, and that it is paused. */
export function LiveStatus(props: { log: LiveLog; nameOf: (id: string) => string }) {
  const { log } = props;
  const format = useFormat();
  const now = useNow();
  const { followed } = log;
  const [one] = followed;
  if (one === undefined || log.phase === 'idle') {
    return (
      <StatusPart>
        <div>
          <Trans>Nothing is followed yet</Trans>
        </div>
      </StatusPart>
    );
  }
  const rate = log.rate();
  const behind = followed.reduce((sum, { state }) => sum + (state?.behind ?? 0), 0);
  const atEnd = followed.every(({ state, failure }) => failure === null && state?.state === 'live');
  const last = Math.max(...followed.map(({ state }) => Date.parse(state?.last ?? '') || 0));
  return (
    <StatusPart>
      <div>
        {followed.length === 1 ? (
          <>
            <ServerMark state={markOf(one, log.phase)} />
            {visibleLine(props.nameOf(one.id))}
            {one.state !== null && one.state.place !== null && (
              <span className="pd-mono pd-3 pd-clip" data-tip="">
                {visibleLine(one.state.place)}
              </span>
            )}
          </>
        ) : (
          <Plural value={followed.length} one="# server followed" other="# servers followed" />
        )}
      </div>
      {log.phase === 'paused' && (
        <div>
          <IconPlayerPause size={13} aria-hidden="true" />
          <Plural value={log.waiting} one="Paused, # line waits" other="Paused, # lines wait" />
        </div>
      )}
      {rate !== null && (
        <div className="pd-num">
          <Trans>{format.rate(rate)} lines/s</Trans>
        </div>
      )}
      {(atEnd || behind > 0) && (
        <div className="pd-num">
          {behind > 0 ? <Trans>{format.size(behind)} behind</Trans> : <Trans>nothing behind</Trans>}
        </div>
      )}
      {last > 0 && (
        <div className="pd-num">
          <Trans>last line {format.age(Math.max(0, (now - last) / 1000))} old</Trans>
        </div>
      )}
    </StatusPart>
  );
}
