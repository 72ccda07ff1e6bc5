import type { TlsSummary } from '#contract';
import { showCount } from '../../ui/amounts.ts';
import { bucketTitle, type ChartSeries } from './chart-series.ts';
import styles from './tls-overview.module.css';

interface SeriesTableProps {
  summary: TlsSummary;
  series: readonly ChartSeries[];
  zone: string;
  onChoose(series: ChartSeries, bucket: number): void;
}

/** What the chart shows, in numbers, the newest first; each leads to its handshakes, as a click on a bar does. */
export function SeriesTable({ summary, series, zone, onChoose }: SeriesTableProps) {
  const rows = summary.buckets
    .map((start, index) => ({ start, index, title: bucketTitle(start, summary.bucket, zone) }))
    .filter(({ index }) => series.some(({ counts }) => (counts[index] ?? 0) > 0))
    .toReversed();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section className={styles['region']} aria-label="Handshakes over time" tabIndex={0}>
      <table className={styles['table']}>
        <thead>
          <tr>
            <th scope="col">
              {summary.bucket === 'hour' ? 'Hour' : summary.bucket === 'day' ? 'Day' : 'Week'}
            </th>
            {series.map(({ id, title }) => (
              <th key={id} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ start, index, title }) => (
            <tr key={start}>
              <th scope="row">{title}</th>
              {series.map((one) => {
                const count = one.counts[index] ?? 0;
                return (
                  <td key={one.id}>
                    {count === 0 ? (
                      0
                    ) : (
                      <button
                        type="button"
                        className={styles['cell']}
                        aria-label={`${showCount(count)} ${one.title}, ${title}: show them`}
                        onClick={() => onChoose(one, index)}
                      >
                        {showCount(count)}
                      </button>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
