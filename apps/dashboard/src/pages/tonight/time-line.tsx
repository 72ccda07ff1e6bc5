import { Link } from '@tanstack/react-router';
import { useId, useMemo } from 'react';
import type { RouteObject, UpcomingFiresObject } from '#contract';
import { useTimeZone } from '../../look/zone.tsx';
import { Disclosure } from '../../ui/disclosure.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { Moment } from '../../ui/moment.tsx';
import { shortMoment } from '../../ui/moment-text.ts';
import { useNow } from '../../ui/now.ts';
import { SimpleTable } from '../../ui/simple-table.tsx';
import { StateBadge, toneOf } from '../../ui/state-badge.tsx';
import { zoneOffsetMs } from '../../ui/zone-offset.ts';
import { describeMark } from './describe-mark.ts';
import { layOutNight, type Mark, type NightRow, type Trouble } from './lay-out-night.ts';
import type { NightRuns } from './read-night.ts';
import styles from './time-line.module.css';
import { type Span, shareOf, type TimeWindow, ticksOf, tickText, windowAround } from './time-window.ts';

interface TimeLineProps {
  night: NightRuns;
  fires: UpcomingFiresObject['fires'];
  routes: readonly RouteObject[];
  span: Span;
}

/** Of the width: what is narrower cannot be seen, or hit. */
const FINEST = 0.006;
const IN_TABLE = 50;
const TROUBLE_WORDS: Readonly<Record<Trouble, string>> = {
  failed: 'failed',
  held: 'held',
  partly_delivered: 'delivered in part',
};

/** A row for each partner: what was due, runs, was delivered, is held or failed, and what comes after the line of now. */
export function TimeLine({ night, fires, routes, span }: TimeLineProps) {
  const now = useNow();
  const zone = useTimeZone();
  const window = windowAround(now.getTime(), span);
  const { from, until } = window;
  const rows = useMemo(() => {
    const partnersOf = new Map(routes.map(({ name, partners }) => [name, partners]));
    const shown = { from, until };
    return layOutNight({
      runs: night.runs,
      fires,
      partnersOf,
      window: shown,
      now: Date.now(),
      finest: FINEST,
    });
  }, [night, fires, routes, from, until]);
  const titles = useId();
  return (
    <div>
      <figure className={styles['figure']} aria-labelledby={titles}>
        <figcaption id={titles} className="visually-hidden">
          Runs of each partner over time. The same as a table below.
        </figcaption>
        <Scale window={window} zone={zone} />
        {rows.map((row) => (
          <Row key={row.partner ?? ''} row={row} zone={zone} now={now} />
        ))}
        {rows.length === 0 && <p className={styles['none']}>No runs in this time.</p>}
        <div aria-hidden className={styles['nowFrame']}>
          <div className={styles['now']} style={{ left: `${shareOf(window, now.getTime()) * 100}%` }} />
        </div>
      </figure>
      <Legend />
      {night.completeFrom > from && (
        <p className={styles['note']}>
          Before {shortMoment(new Date(night.completeFrom), zone, now)} only runs in trouble are shown;{' '}
          <Link to="/runs">all are in Runs</Link>.
        </p>
      )}
      <Disclosure title="The same as a table">
        <SimpleTable
          caption={`The newest ${IN_TABLE} runs of this time`}
          rows={night.runs.slice(0, IN_TABLE)}
          rowKey={({ id }) => id}
          columns={[
            {
              id: 'route',
              title: 'Route',
              main: true,
              cell: ({ id, route }) => (
                <Link to="/runs/$id" params={{ id }}>
                  {route}
                </Link>
              ),
            },
            { id: 'state', title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
            {
              id: 'began',
              title: 'Began',
              cell: ({ startedAt, createdAt }) => <Moment at={startedAt ?? createdAt} />,
            },
            {
              id: 'ended',
              title: 'Ended',
              cell: ({ finishedAt }) => (finishedAt ? <Moment at={finishedAt} /> : '–'),
            },
          ]}
        />
      </Disclosure>
    </div>
  );
}

function Scale({ window, zone }: { window: TimeWindow; zone: string }) {
  const ticks = ticksOf(window, zoneOffsetMs(new Date(window.from), zone));
  return (
    <div aria-hidden className={styles['scale']}>
      {ticks.map((tick) => (
        <span key={tick} className={styles['tick']} style={{ left: `${shareOf(window, tick) * 100}%` }}>
          {tickText(tick, zone)}
        </span>
      ))}
    </div>
  );
}

function Row({ row, zone, now }: { row: NightRow; zone: string; now: Date }) {
  const { partner, marks, trouble } = row;
  return (
    <div className={styles['row']}>
      <div className={styles['partner']}>
        {partner === null ? (
          <span>Own folders</span>
        ) : (
          <Link to="/partners/$name" params={{ name: partner }}>
            {partner}
          </Link>
        )}
        {trouble.map(({ state, count }) => (
          <span key={state} className={styles[toneOf(state) === 'bad' ? 'failed' : 'unsettled']}>
            {count} {TROUBLE_WORDS[state]}
          </span>
        ))}
      </div>
      <div className={styles['track']}>
        {marks.map((mark) => (
          <MarkLink key={mark.key} mark={mark} text={describeMark(mark, zone, now)} />
        ))}
      </div>
    </div>
  );
}

/** Trouble is reached by the keyboard here; what went well, in the table. */
function MarkLink({ mark, text }: { mark: Mark; text: string }) {
  const { begin, end, tone, runs, fires } = mark;
  const place = { left: `${begin * 100}%`, width: `${(end - begin) * 100}%` };
  const trouble = tone === 'bad' || tone === 'warn';
  const common = {
    className: joinClasses(styles['mark'], styles[tone], fires.length > 0 && styles['coming']),
    style: place,
    title: text,
    'aria-label': text,
    tabIndex: trouble ? 0 : -1,
  };
  const [run] = runs;
  if (runs.length === 1) return <Link to="/runs/$id" params={{ id: run!.id }} {...common} />;
  if (run) return <Link to="/runs" search={searchOf(mark)} {...common} />;
  return <Link to="/routes/$name" params={{ name: fires[0]!.route }} {...common} />;
}

/** The runs of a mark as filters of their list; what they do not share is left open. */
function searchOf({ runs }: Mark): { route?: string; since: string; until: string } {
  const routes = new Set(runs.map(({ route }) => route));
  const created = runs.map(({ createdAt }) => createdAt).sort();
  const [route] = routes;
  return {
    ...(routes.size === 1 && route !== undefined && { route }),
    since: created[0]!,
    until: created.at(-1)!,
  };
}

const LEGEND = [
  ['good', 'delivered'],
  ['busy', 'under way'],
  ['warn', 'held, or delivered in part'],
  ['bad', 'failed'],
  ['idle', 'waiting, or cancelled'],
] as const;

function Legend() {
  return (
    <ul className={styles['legend']} aria-label="Colours">
      {LEGEND.map(([tone, title]) => (
        <li key={tone}>
          <span aria-hidden className={joinClasses(styles['sample'], styles[tone])} />
          {title}
        </li>
      ))}
      <li>
        <span aria-hidden className={joinClasses(styles['sample'], styles['coming'])} />
        to come
      </li>
    </ul>
  );
}
