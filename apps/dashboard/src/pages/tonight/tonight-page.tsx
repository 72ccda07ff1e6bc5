import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { readAll } from '../../api/read-all.ts';
import { useMay } from '../../session/me.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { useNow } from '../../ui/now.ts';
import { EmptyState, Page, Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Attention } from './attention.tsx';
import { Coming } from './coming.tsx';
import { nightRunsQuery, overviewQuery, upcomingQuery } from './night-queries.ts';
import { TimeLine } from './time-line.tsx';
import { SPANS, type Span, spanOf } from './time-window.ts';
import styles from './tonight-page.module.css';
import { Totals } from './totals.tsx';

/** One look: how the night is going, what needs somebody, what comes next. */
export function TonightPage() {
  const span = spanOf(useSearch({ strict: false }).span);
  const now = useNow().getTime();
  const overview = useQuery(overviewQuery(span, now));
  const runs = useQuery(nightRunsQuery(span, now));
  const upcoming = useQuery(upcomingQuery(span));
  const routes = useQuery({ ...readAll('listRoutes'), staleTime: 60_000 });
  if (routes.data?.length === 0 && runs.data?.runs.length === 0) return <FirstDay />;
  return (
    <Page title="Tonight" actions={<SpanChoice span={span} />}>
      <Loaded query={overview} what="The totals could not be read" skeleton={<Skeleton height="5.25rem" />}>
        {({ totals, from }) => <Totals totals={totals} hours={SPANS[span].behindHours} since={from} />}
      </Loaded>
      <Section title="Time line">
        <Loaded query={runs} what="The runs could not be read" skeleton={<Skeleton height="12rem" />}>
          {(night) => (
            <TimeLine
              night={night}
              fires={upcoming.data?.fires ?? []}
              routes={routes.data ?? []}
              span={span}
            />
          )}
        </Loaded>
      </Section>
      <div className={styles['halves']}>
        <Section title="Needs a person" actions={<Link to="/incidents">All incidents</Link>}>
          <Loaded
            query={overview}
            what="What needs a person could not be read"
            skeleton={<Skeleton lines={4} />}
          >
            {({ attention }) => <Attention attention={attention} />}
          </Loaded>
        </Section>
        <Section title="Next fires" actions={<Link to="/routes">All routes</Link>}>
          <Loaded query={upcoming} what="The next fires could not be read" skeleton={<Skeleton lines={4} />}>
            {(coming) => <Coming coming={coming} hours={SPANS[span].aheadHours} />}
          </Loaded>
        </Section>
      </div>
    </Page>
  );
}

function SpanChoice({ span }: { span: Span }) {
  const navigate = useNavigate();
  return (
    <label className={styles['span']}>
      <span className="visually-hidden">Time shown</span>
      <select
        value={span}
        onChange={(event) => void navigate({ to: '/', search: { span: event.target.value }, replace: true })}
      >
        {Object.entries(SPANS).map(([name, { title }]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Nothing is set up yet: the way to the first delivery. */
function FirstDay() {
  const may = useMay();
  return (
    <Page title="Tonight">
      <Section title="Nothing is exchanged yet">
        <EmptyState title="A first delivery takes three things.">
          <ol className={styles['steps']}>
            <li>A partner: the organisation you exchange files with.</li>
            <li>Two endpoints: its server, and a place of yours.</li>
            <li>A route: which files go from one to the other, and when.</li>
          </ol>
          {may('createPartner') ? (
            <Link to="/new/partner" className={buttonClass('primary')}>
              Add the first partner
            </Link>
          ) : (
            <p>Ask an admin to set them up.</p>
          )}
        </EmptyState>
      </Section>
    </Page>
  );
}
