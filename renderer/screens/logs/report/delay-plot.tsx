import { Trans, useLingui } from '@lingui/react/macro';
import { Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { LogReport } from '#shared/model/log.ts';
import { useFormat } from '../../../i18n/use-format.ts';
import { timeTicks } from './report-data.ts';
import css from './report.module.css';
import { type DelayPoint, FASTEST, PARTS } from './use-report.ts';

const SERIES = [
  { key: 'p99', colour: 'var(--pd-text)', dash: '', width: 1.8 },
  { key: 'p95', colour: 'var(--pd-run-mark)', dash: '5 2', width: 1.4 },
  { key: 'p50', colour: 'var(--pd-text-3)', dash: '1.5 2', width: 1.6 },
] as const;

const TICKS = [0.1, 1, 10, 60, 600, 3600];
const SLOWEST = 3600;

/** From accepting to the last word, as percentiles on a log axis; as a table, by the stages of postconf(5) delays. */
export function DelayPlot(props: {
  points: readonly DelayPoint[];
  done: boolean;
  stages: LogReport | undefined;
  from: number;
  to: number;
  table: boolean;
  /** A click narrows the time to the part it is in. */
  onTime: (from: number, to: number) => void;
}) {
  const { t } = useLingui();
  const format = useFormat();
  const last = props.points.findLast((point) => point.p50 !== null);
  const took = (seconds: number) => format.took(seconds * 1000);
  const top = Math.max(SLOWEST, ...props.points.map((point) => point.p99 ?? 0));
  return (
    <section className={css.cell} aria-label={t`Delay to the last word`}>
      <div className={css.sectionHead}>
        <h2>
          <Trans>Delay to the last word</Trans>{' '}
          <span>{props.table ? <Trans>by stage</Trans> : <Trans>log scale, tried recipients only</Trans>}</span>
        </h2>
      </div>
      {props.table ? (
        <StageTable report={props.stages} />
      ) : (
        <div className={css.delayFigure}>
          <div className={css.delayChart} aria-hidden="true">
            <ResponsiveContainer width="100%" height="100%">
              <LineChart
                style={{ cursor: 'pointer' }}
                onClick={({ activeLabel }) => {
                  if (activeLabel === undefined) return;
                  const half = (props.to - props.from) / PARTS / 2;
                  props.onTime(Number(activeLabel) - half, Number(activeLabel) + half);
                }}
                data={[...props.points]}
                margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
                accessibilityLayer={false}
              >
                <XAxis
                  dataKey="at"
                  type="number"
                  scale="time"
                  domain={[props.from, props.to]}
                  ticks={timeTicks(props.from, props.to).filter((_, at, all) => all.length < 7 || at % 2 === 0)}
                  tickFormatter={(at: number) => (new Date(at).getHours() === 0 ? format.day(at) : format.clock(at))}
                  tickLine={false}
                  axisLine={{ stroke: 'var(--pd-line-2)' }}
                  height={18}
                  tickMargin={4}
                  interval={0}
                />
                <YAxis
                  scale="log"
                  domain={[FASTEST, top]}
                  allowDataOverflow
                  ticks={TICKS}
                  tickFormatter={(seconds: number) => (seconds < 1 ? took(seconds) : format.span(seconds))}
                  tickLine={false}
                  axisLine={false}
                  width={52}
                  tickMargin={2}
                  interval={0}
                />
                {TICKS.slice(1).map((y) => (
                  <ReferenceLine key={y} y={y} stroke="var(--pd-line)" strokeDasharray="2 3" />
                ))}
                {SERIES.map((series) => (
                  <Line
                    key={series.key}
                    dataKey={series.key}
                    type="linear"
                    stroke={series.colour}
                    strokeWidth={series.width}
                    strokeDasharray={series.dash}
                    dot={false}
                    isAnimationActive={false}
                    connectNulls={false}
                  />
                ))}
                <Tooltip isAnimationActive={false} content={Hover} cursor={{ stroke: 'var(--pd-ctl)' }} />
              </LineChart>
            </ResponsiveContainer>
          </div>
          <ul className={css.ends}>
            {SERIES.map((series) => {
              const value = last?.[series.key] ?? null;
              return (
                <li key={series.key} style={{ color: series.key === 'p95' ? 'var(--pd-run)' : series.colour }}>
                  <svg width="22" height="8" aria-hidden="true">
                    <line
                      x1="0"
                      x2="22"
                      y1="4"
                      y2="4"
                      stroke={series.colour}
                      strokeWidth={series.width}
                      strokeDasharray={series.dash}
                    />
                  </svg>
                  {series.key} {value === null ? '' : took(value)}
                </li>
              );
            })}
          </ul>
        </div>
      )}
    </section>
  );
}

function Hover(props: { active?: boolean; payload?: readonly { payload?: DelayPoint }[] }) {
  const format = useFormat();
  const point = props.payload?.[0]?.payload;
  if (props.active !== true || point === undefined || point.p50 === null) return null;
  return (
    <div className={css.hover}>
      <strong className="pd-num">{format.stamp(point.at).slice(0, 16)}</strong>
      {SERIES.map(({ key }) => (
        <div key={key}>
          {key} {format.took((point[key] ?? 0) * 1000)}
        </div>
      ))}
    </div>
  );
}

function StageTable(props: { report: LogReport | undefined }) {
  const { t } = useLingui();
  const format = useFormat();
  const names: Record<string, string> = {
    total: t`All of it`,
    'before queue': t`Before the queue`,
    queue: t`In the queue`,
    connect: t`Connecting`,
    transfer: t`Sending`,
  };
  return (
    <div className={css.plainTable} tabIndex={0} role="region" aria-label={t`Delay to the last word`}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Stage</Trans>
            </th>
            <th scope="col">
              <Trans>Deliveries</Trans>
            </th>
            {['p50', 'p95', 'p99'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(props.report?.rows ?? []).map((row) => (
            <tr key={String(row[0])}>
              <td>{names[String(row[0])] ?? row[0]}</td>
              <td>{format.count(Number(row[1]))}</td>
              {[2, 3, 4].map((at) => (
                <td key={at}>{format.took(Number(row[at] ?? 0) * 1000)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
