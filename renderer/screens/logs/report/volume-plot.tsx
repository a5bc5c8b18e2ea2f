import { Trans, useLingui } from '@lingui/react/macro';
import { IconBan, IconCheck, IconClock, IconPlayerPause, IconX } from '@tabler/icons-react';
import { type ReactNode, useMemo, useState } from 'react';
import { Bar, BarChart, ReferenceArea, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { LogReport } from '#shared/model/log.ts';
import { useFormat } from '../../../i18n/use-format.ts';
import { BANDS, type Band, countTicks, timeTicks, totalsOf, type VolumePoint, volumePoints } from './report-data.ts';
import css from './report.module.css';

const MARK: Record<Band, string> = { delivered: 'ok', deferred: 'warn', failed: 'bad', held: 'held', refused: 'mute' };
const ICON: Record<Band, ReactNode> = {
  delivered: <IconCheck size={13} />,
  deferred: <IconClock size={13} />,
  failed: <IconX size={13} />,
  held: <IconPlayerPause size={13} />,
  refused: <IconBan size={13} />,
};

export function useBandWord(): (band: Band) => string {
  const { t } = useLingui();
  return (band) => {
    switch (band) {
      case 'delivered':
        return t`Delivered`;
      case 'deferred':
        return t`Deferred`;
      case 'failed':
        return t`Bounced, expired`;
      case 'held':
        return t`Held, discarded`;
      case 'refused':
        return t`Rejected, greylisted`;
    }
  };
}

/** Recipients by outcome over time: bars in a stated bucket. A click or a drag narrows the time; the legend, the status. */
export function VolumePlot(props: {
  report: LogReport | undefined;
  table: boolean;
  onTime: (from: number, to: number) => void;
  onBand: (band: Band) => void;
}) {
  const { t } = useLingui();
  const format = useFormat();
  const word = useBandWord();
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const { points, bucket } = useMemo(
    () => (props.report === undefined ? { points: [], bucket: 0 } : volumePoints(props.report)),
    [props.report],
  );
  const totals = totalsOf(points);
  const all = BANDS.reduce((sum, band) => sum + totals[band], 0);
  const shown = BANDS.filter((band) => totals[band] > 0);
  const levels = countTicks(Math.max(0, ...points.map((point) => BANDS.reduce((sum, band) => sum + point[band], 0))));
  const top = levels.at(-1) ?? 0;
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 0;
  const ticks = timeTicks(first, last);
  const label = (at: number) => {
    const time = new Date(at);
    return time.getHours() === 0 && time.getMinutes() === 0 ? format.day(at) : format.clock(at);
  };
  const finish = () => {
    if (drag !== null) props.onTime(Math.min(drag.from, drag.to), Math.max(drag.from, drag.to) + bucket);
    setDrag(null);
  };
  const valueAt = (state: { activeLabel?: string | number | undefined }) =>
    state.activeLabel === undefined ? null : Number(state.activeLabel);
  return (
    <section className={css.volume} aria-label={t`Recipients by outcome`}>
      <div className={css.sectionHead}>
        <h2>
          <Trans>Recipients by outcome</Trans>{' '}
          <span>{bucket > 0 && points.length > 0 && <Trans>per {format.span(bucket / 1000)}</Trans>}</span>
        </h2>
        <ul className={css.legend}>
          {shown.toReversed().map((band) => (
            <li key={band}>
              <button type="button" onClick={() => props.onBand(band)}>
                <svg width="12" height="12" aria-hidden="true">
                  <rect
                    width="12"
                    height="12"
                    rx="2"
                    fill={band === 'refused' ? 'url(#log-hatch)' : `var(--pd-${MARK[band]}-mark)`}
                  />
                </svg>
                <span className={css.legendIcon} style={{ color: `var(--pd-${MARK[band]})` }} aria-hidden="true">
                  {ICON[band]}
                </span>
                {word(band)} <strong className="pd-num">{format.count(totals[band])}</strong>{' '}
                <span className="pd-3 pd-num">{all > 0 && format.percent(totals[band] / all)}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      <svg width="0" height="0" className={css.defs} aria-hidden="true">
        <defs>
          <pattern id="log-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="5" height="5" fill="var(--pd-mute-bg)" />
            <line x1="0" y1="0" x2="0" y2="5" stroke="var(--pd-mute-mark)" strokeWidth="2.4" />
          </pattern>
        </defs>
      </svg>
      {props.table ? (
        <VolumeTable points={points} />
      ) : (
        <div className={css.chart} aria-hidden="true">
          {points.length > 0 && (
            <ResponsiveContainer width="100%" height="100%">
              <BarChart
                data={points}
                margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
                accessibilityLayer={false}
                barCategoryGap={1}
                onMouseDown={(state) => {
                  const at = valueAt(state);
                  if (at !== null) setDrag({ from: at, to: at });
                }}
                onMouseMove={(state) => {
                  const at = valueAt(state);
                  if (at !== null && drag !== null && at !== drag.to) setDrag({ ...drag, to: at });
                }}
                onMouseUp={finish}
                onMouseLeave={() => setDrag(null)}
              >
                <XAxis
                  dataKey="at"
                  ticks={ticks.map((tick) => nearest(points, tick))}
                  tickFormatter={(at: number) => label(roundTo(at, ticks))}
                  tickLine={false}
                  axisLine={{ stroke: 'var(--pd-line-2)' }}
                  height={18}
                  tickMargin={4}
                  interval={0}
                />
                <YAxis
                  domain={[0, top]}
                  ticks={levels}
                  tickFormatter={(value: number) => format.count(value)}
                  tickLine={false}
                  axisLine={false}
                  width={52}
                  tickMargin={2}
                  interval={0}
                />
                {levels.slice(1).map((y) => (
                  <ReferenceLine key={y} y={y} stroke="var(--pd-line)" strokeDasharray="2 3" />
                ))}
                {BANDS.map((band) => (
                  <Bar
                    key={band}
                    dataKey={band}
                    stackId="outcome"
                    fill={band === 'refused' ? 'url(#log-hatch)' : `var(--pd-${MARK[band]}-mark)`}
                    stroke={band === 'refused' ? 'var(--pd-mute-mark)' : 'none'}
                    strokeWidth={0.5}
                    isAnimationActive={false}
                  />
                ))}
                {drag !== null && drag.from !== drag.to && (
                  <ReferenceArea
                    x1={Math.min(drag.from, drag.to)}
                    x2={Math.max(drag.from, drag.to)}
                    fill="var(--pd-accent)"
                    fillOpacity={0.2}
                  />
                )}
                <Tooltip
                  isAnimationActive={false}
                  content={(state) => <Hover {...state} bucket={bucket} />}
                  cursor={{ fill: 'var(--pd-bg-hover)' }}
                />
              </BarChart>
            </ResponsiveContainer>
          )}
        </div>
      )}
    </section>
  );
}

/** The bar that a tick stands at: bars have a place of their own each. */
function nearest(points: readonly VolumePoint[], at: number): number {
  let best = points[0]?.at ?? at;
  for (const point of points) if (Math.abs(point.at - at) < Math.abs(best - at)) best = point.at;
  return best;
}

function roundTo(at: number, ticks: readonly number[]): number {
  let best = ticks[0] ?? at;
  for (const tick of ticks) if (Math.abs(tick - at) < Math.abs(best - at)) best = tick;
  return best;
}

function Hover(props: { active?: boolean; payload?: readonly { payload?: unknown }[]; bucket: number }) {
  const format = useFormat();
  const word = useBandWord();
  const point = props.payload?.[0]?.payload as VolumePoint | undefined;
  if (props.active !== true || point === undefined) return null;
  return (
    <div className={css.hover}>
      <strong className="pd-num">
        {format.stamp(point.at).slice(0, 16)} – {format.clock(point.at + props.bucket)}
      </strong>
      {BANDS.filter((band) => point[band] > 0)
        .toReversed()
        .map((band) => (
          <div key={band} style={{ color: `var(--pd-${MARK[band]})` }}>
            {format.count(point[band])} {word(band).toLocaleLowerCase()}
          </div>
        ))}
    </div>
  );
}

function VolumeTable(props: { points: readonly VolumePoint[] }) {
  const { t } = useLingui();
  const format = useFormat();
  const word = useBandWord();
  return (
    <div className={css.chartTable} tabIndex={0} role="region" aria-label={t`Recipients by outcome`}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Time</Trans>
            </th>
            {BANDS.map((band) => (
              <th key={band} scope="col">
                {word(band)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.points.slice(0, 500).map((point) => (
            <tr key={point.at}>
              <td>{format.stamp(point.at).slice(0, 16)}</td>
              {BANDS.map((band) => (
                <td key={band}>{format.count(point[band])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
