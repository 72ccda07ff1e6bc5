import { useId } from 'react';
import type { ChartSeries } from './chart-series.ts';
import styles from './tls-chart.module.css';

type Pattern = 'plain' | 'rising' | 'falling' | 'dots' | 'lines' | 'grid';

interface Paint {
  /** Of a class in tls-chart.module.css that sets `--paint`. */
  colour: string;
  pattern: Pattern;
}

/** No colour alone: each has a pattern of its own beside it. */
const IN_USE: readonly Paint[] = [
  { colour: 'good', pattern: 'plain' },
  { colour: 'busy', pattern: 'rising' },
  { colour: 'violet', pattern: 'dots' },
  { colour: 'teal', pattern: 'lines' },
  { colour: 'ink', pattern: 'falling' },
  { colour: 'busy', pattern: 'grid' },
];
const OTHER_KINDS: Readonly<Record<Exclude<ChartSeries['kind'], 'accepted'>, Paint>> = {
  old: { colour: 'warn', pattern: 'dots' },
  others: { colour: 'idle', pattern: 'plain' },
  unprotected: { colour: 'warn', pattern: 'falling' },
  refused: { colour: 'bad', pattern: 'plain' },
};

function paint(one: ChartSeries, series: readonly ChartSeries[]): Paint {
  if (one.kind !== 'accepted') return OTHER_KINDS[one.kind];
  // The same version has the same colour whatever else is shown.
  if (one.id === 'accepted TLSv1.3') return IN_USE[0]!;
  if (one.id === 'accepted TLSv1.2') return IN_USE[1]!;
  const place = series.filter(({ kind }) => kind === 'accepted').indexOf(one);
  return IN_USE[place % IN_USE.length]!;
}

export function paintOf(one: ChartSeries, series: readonly ChartSeries[]): { fill: string } {
  const { colour, pattern } = paint(one, series);
  return { fill: `url(#paint-${colour}-${pattern})` };
}

/** What `paintOf` refers to; inside an svg. */
export function Patterns({ series }: { series: readonly ChartSeries[] }) {
  const all = new Map(
    series.map((one) => {
      const { colour, pattern } = paint(one, series);
      return [`paint-${colour}-${pattern}`, { colour, pattern }];
    }),
  );
  return (
    <defs>
      {[...all].map(([id, { colour, pattern }]) => (
        <PatternOf key={id} id={id} colour={colour} pattern={pattern} />
      ))}
    </defs>
  );
}

function PatternOf({ id, colour, pattern }: Paint & { id: string }) {
  return (
    <pattern id={id} width="8" height="8" patternUnits="userSpaceOnUse" className={styles[colour] ?? ''}>
      <rect width="8" height="8" className={styles['ground'] ?? ''} />
      {MARKS[pattern] !== '' && <path d={MARKS[pattern]} className={styles['marks'] ?? ''} />}
    </pattern>
  );
}

const MARKS: Readonly<Record<Pattern, string>> = {
  plain: '',
  rising: 'M-2 10 10 -2M-2 2 2 -2M6 10 10 6',
  falling: 'M-2 -2 10 10M6 -2 10 2M-2 6 2 10',
  dots: 'M2 2h.01M6 6h.01',
  lines: 'M0 2h8M0 6h8',
  grid: 'M0 4h8M4 0v8',
};

/** Beside a name: how it is painted. */
export function Swatch({ one, series }: { one: ChartSeries; series: readonly ChartSeries[] }) {
  const id = useId();
  const { colour, pattern } = paint(one, series);
  return (
    <svg aria-hidden="true" width="14" height="14" className={styles['swatch']}>
      <defs>
        <PatternOf id={id} colour={colour} pattern={pattern} />
      </defs>
      <rect width="14" height="14" rx="3" fill={`url(#${CSS.escape(id)})`} />
    </svg>
  );
}
