import { Trans, useLingui } from '@lingui/react/macro';
import { memo, useMemo, useState } from 'react';
import { Area, AreaChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { assertNever } from '#shared/model/assert-never.ts';
import type { QueueLevel } from '#shared/model/queue.ts';
import { useFormat } from '../../i18n/use-format.ts';
import css from './level-plot.module.css';

type Series = 'deferred' | 'active' | 'hold';
interface Point {
  at: number;
  deferred: number | null;
  active: number | null;
  hold: number | null;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Less than this cannot be seen as a curve. */
const SHORTEST = 2 * MINUTE;
/** A young plot is drawn over at least this, so that its first minutes do not fill the whole width. */
const NARROWEST = 30 * MINUTE;
/** Base first. */
const SERIES: readonly Series[] = ['deferred', 'active', 'hold'];
const MARK: Record<Series, string> = { deferred: 'warn', active: 'run', hold: 'held' };

/** Levels as points; where nothing was read for a while there is a gap, not a line across it. */
function pointsOf(levels: readonly QueueLevel[], gap: number, now: number): Point[] {
  const points: Point[] = [];
  for (const level of levels) {
    const at = Date.parse(level.at);
    const before = points.at(-1);
    if (before !== undefined && at - before.at > gap) {
      points.push({ at: before.at + 1, deferred: null, active: null, hold: null });
    }
    points.push({ at, deferred: level.deferred, active: level.active + level.incoming, hold: level.hold });
  }
  const last = points.at(-1);
  // A level holds until the next reading: the last one is drawn up to now, unless it is too old to say so.
  if (last !== undefined && now - last.at < gap) points.push({ ...last, at: now });
  return points;
}

/** Round hours, or minutes in a young plot; at most about eight of them. */
function ticksOf(from: number, to: number): number[] {
  const steps = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720];
  const step = steps.find((minutes) => (to - from) / (minutes * MINUTE) <= 9) ?? 1440;
  const start = new Date(from);
  start.setMinutes(0, 0, 0);
  const ticks: number[] = [];
  for (let at = start.getTime(); at <= to; at += Math.min(step, 60) * MINUTE) {
    const date = new Date(at);
    if (at >= from && (date.getHours() * 60 + date.getMinutes()) % step === 0) ticks.push(at);
  }
  return ticks;
}

/** A scale that ends at a round number. */
function ceiling(value: number): number {
  if (value <= 4) return 4;
  const scale = 10 ** Math.floor(Math.log10(value));
  const part = value / scale;
  return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 4 ? 4 : part <= 5 ? 5 : 10) * scale;
}

/** How a queue has stood over the last hours: steps, since a level holds until the next reading. */
export const LevelPlot = memo(function LevelPlot(props: {
  title: string;
  levels: readonly QueueLevel[];
  hours: number;
  now: number;
  /** Seconds back where "older than" ends; null: not searched for. */
  olderThan: number | null;
}) {
  const { levels, hours, now } = props;
  const { t } = useLingui();
  const format = useFormat();
  const [table, setTable] = useState(false);
  const since = levels[0] === undefined ? now : Date.parse(levels[0].at);
  // What was never read is not drawn as an empty day: a young plot begins with its first reading.
  const from = Math.max(now - hours * HOUR, Math.min(since, now - NARROWEST));
  const young = now - since < SHORTEST;
  const points = useMemo(() => pointsOf(levels, 2 * HOUR, now), [levels, now]);
  const last = levels.at(-1);
  const top = ceiling(
    Math.max(0, ...levels.map((level) => level.active + level.incoming + level.deferred + level.hold)),
  );
  const marker = props.olderThan === null ? null : now - props.olderThan * 1000;
  const count = (series: Series) =>
    last === undefined ? 0 : series === 'active' ? last.active + last.incoming : last[series];
  return (
    <section className={css.plot} aria-label={props.title}>
      <div className={css.head}>
        <h2>{props.title}</h2>
        {levels.length > 0 && (
          <button
            type="button"
            className={`pd-link ${css.toggle}`}
            aria-pressed={table}
            onClick={() => setTable(!table)}
          >
            {table ? <Trans>As a plot</Trans> : <Trans>As a table</Trans>}
          </button>
        )}
      </div>
      {table ? (
        <LevelTable levels={levels} />
      ) : (
        <div className={css.figure}>
          {young ? (
            <p className={css.young}>
              {last === undefined ? (
                <Trans>The queue has not been read yet. Each reading adds a step here.</Trans>
              ) : (
                <Trans>First read at {format.clock(since)}. Each reading adds a step here.</Trans>
              )}
            </p>
          ) : (
            <div className={css.chart} aria-hidden="true">
              <ResponsiveContainer width="100%" height="100%">
                <AreaChart data={points} margin={{ top: 6, right: 4, bottom: 0, left: 0 }} accessibilityLayer={false}>
                  <XAxis
                    dataKey="at"
                    type="number"
                    scale="time"
                    domain={[from, now]}
                    allowDataOverflow
                    ticks={ticksOf(from, now)}
                    tickFormatter={(at: number) => (new Date(at).getHours() === 0 ? format.day(at) : format.clock(at))}
                    tickLine={false}
                    axisLine={{ stroke: 'var(--pd-line-2)' }}
                    height={16}
                    tickMargin={2}
                    interval={0}
                  />
                  <YAxis
                    domain={[0, top]}
                    ticks={[0, top / 2, top]}
                    tickFormatter={(value: number) => format.short(value)}
                    tickLine={false}
                    axisLine={false}
                    width={46}
                    tickMargin={2}
                    interval={0}
                  />
                  <ReferenceLine y={top} stroke="var(--pd-line)" strokeDasharray="2 3" />
                  <ReferenceLine y={top / 2} stroke="var(--pd-line)" strokeDasharray="2 3" />
                  {SERIES.map((series) => (
                    <Area
                      key={series}
                      dataKey={series}
                      stackId="levels"
                      type="stepAfter"
                      stroke={`var(--pd-${MARK[series]}-mark)`}
                      strokeWidth={1}
                      fill={`var(--pd-${MARK[series]}-mark)`}
                      fillOpacity={0.4}
                      isAnimationActive={false}
                      connectNulls={false}
                      dot={false}
                    />
                  ))}
                  {marker !== null && marker > from && (
                    <ReferenceLine
                      x={marker}
                      stroke="var(--pd-accent)"
                      strokeDasharray="3 2"
                      label={{
                        value: `← ${t`older than ${format.span(props.olderThan ?? 0)}`}`,
                        position: 'insideTopRight',
                        offset: 4,
                        className: css.marker,
                      }}
                    />
                  )}
                  <Tooltip isAnimationActive={false} content={Hover} cursor={{ stroke: 'var(--pd-ctl)' }} />
                </AreaChart>
              </ResponsiveContainer>
            </div>
          )}
          {last !== undefined && (
            <ul className={css.legend}>
              {SERIES.toReversed().map((series) => (
                <li key={series} style={{ color: `var(--pd-${MARK[series]})` }}>
                  <SeriesWord series={series} count={format.count(count(series))} />
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </section>
  );
});

function SeriesWord(props: { series: Series; count: string }) {
  const { series, count } = props;
  switch (series) {
    case 'deferred':
      return <Trans>{count} deferred</Trans>;
    case 'active':
      return <Trans>{count} active</Trans>;
    case 'hold':
      return <Trans>{count} held</Trans>;
    default:
      return assertNever(series, 'series');
  }
}

function Hover(props: { active?: boolean; payload?: readonly { payload?: Point }[] }) {
  const format = useFormat();
  const point = props.payload?.[0]?.payload;
  if (props.active !== true || point === undefined || point.deferred === null) return null;
  return (
    <div className={css.hover}>
      <strong className="pd-num">{format.seconds(point.at)}</strong>
      {SERIES.toReversed().map((series) => (
        <div key={series} style={{ color: `var(--pd-${MARK[series]})` }}>
          <SeriesWord series={series} count={format.count(point[series] ?? 0)} />
        </div>
      ))}
    </div>
  );
}

function LevelTable(props: { levels: readonly QueueLevel[] }) {
  const format = useFormat();
  return (
    <div className={css.table} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>
              <Trans>Time</Trans>
            </th>
            <th>
              <Trans>Held</Trans>
            </th>
            <th>
              <Trans>Active</Trans>
            </th>
            <th>
              <Trans>Deferred</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.levels
            .toReversed()
            .slice(0, 300)
            .map((level) => (
              <tr key={level.at}>
                <td>{format.stamp(level.at)}</td>
                <td>{format.count(level.hold)}</td>
                <td>{format.count(level.active + level.incoming)}</td>
                <td>{format.count(level.deferred)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
