import {
  Bar,
  BarChart,
  CartesianGrid,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from 'recharts';
import type { TlsSummary } from '#contract';
import { showCount } from '../../ui/amounts.ts';
import { bucketText, bucketTitle, type ChartSeries } from './chart-series.ts';
import { Patterns, paintOf, Swatch } from './series-paint.tsx';
import styles from './tls-chart.module.css';

interface TlsChartProps {
  label: string;
  summary: TlsSummary;
  series: readonly ChartSeries[];
  /** All there are: a colour stays when others are taken out. */
  all: readonly ChartSeries[];
  zone: string;
  heightPx: number;
  onChoose(series: ChartSeries, bucket: number): void;
}

interface Row {
  start: string;
  index: number;
}

/** Bars over time, stacked. The arrow keys walk over them; what they lead to is in the table below as well. */
export function TlsChart({ label, summary, series, all, zone, heightPx, onChoose }: TlsChartProps) {
  const { bucket } = summary;
  const rows: Row[] = summary.buckets.map((start, index) => ({ start, index }));
  return (
    <div className={styles['chart']} style={{ height: heightPx }}>
      <ResponsiveContainer width="100%" height="100%">
        <BarChart
          data={rows}
          margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
          barCategoryGap="12%"
          accessibilityLayer
          title={label}
        >
          <Patterns series={all} />
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="start"
            tickFormatter={(start: string) => bucketText(start, bucket, zone)}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
            minTickGap={28}
            height={24}
          />
          <YAxis
            width={48}
            allowDecimals={false}
            axisLine={false}
            tickLine={false}
            tickCount={heightPx < 100 ? 2 : 5}
            tickFormatter={shortCount}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ className: styles['cursor'] ?? '' }}
            content={(props) => <Told {...props} series={series} all={all} bucket={bucket} zone={zone} />}
          />
          {series.map((one) => (
            <Bar
              key={one.id}
              stackId="all"
              name={one.title}
              dataKey={({ index }: Row) => one.counts[index] ?? 0}
              fill={paintOf(one, all).fill}
              isAnimationActive={false}
              className={styles['bar'] ?? ''}
              onClick={({ payload }: { payload?: Row }) => payload && onChoose(one, payload.index)}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

const short = new Intl.NumberFormat('en', { notation: 'compact' });
const shortCount = (count: number) => short.format(count);

interface ToldProps extends Pick<TooltipContentProps, 'active' | 'payload'> {
  series: readonly ChartSeries[];
  all: readonly ChartSeries[];
  bucket: TlsSummary['bucket'];
  zone: string;
}

function Told({ active, payload, series, all, bucket, zone }: ToldProps) {
  const row = payload?.[0]?.payload as Row | undefined;
  if (!active || !row) return null;
  const there = series.filter(({ counts }) => (counts[row.index] ?? 0) > 0);
  return (
    <div className={styles['told']}>
      <p className={styles['when']}>{bucketTitle(row.start, bucket, zone)}</p>
      {there.length === 0 && <p>No handshake</p>}
      {there.toReversed().map((one) => (
        <p key={one.id} className={styles['line']}>
          <Swatch one={one} series={all} />
          <span>{one.title}</span>
          <span className={styles['amount']}>{showCount(one.counts[row.index] ?? 0)}</span>
        </p>
      ))}
    </div>
  );
}
