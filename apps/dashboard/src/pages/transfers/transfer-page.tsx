import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { Attempt, Transfer } from '#contract';
import { nameOf } from '../../files/path-parts.ts';
import { configuredQuery } from '../../forms/configured-object.ts';
import { useMay } from '../../session/me.ts';
import { ErrorPanel } from '../../trouble/error-panel.tsx';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OneObject } from '../../ui/one-object.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { visibleText } from '../../ui/visible-text.ts';
import { AttemptList } from './transfer/attempt-list.tsx';
import { Evidence, PARTS, type Part } from './transfer/evidence.tsx';
import styles from './transfer/transfer.module.css';
import { TransferFacts } from './transfer/transfer-facts.tsx';
import { attemptsQuery, transferQuery } from './transfer/transfer-queries.ts';
import { TransferTrouble } from './transfer/transfer-trouble.tsx';
import { UnderWayNow } from './transfer/under-way-now.tsx';
import { Way } from './transfer/way.tsx';

/** One file on its way: whether it arrived, why not, and what proves it. */
export function TransferPage() {
  const { id } = useParams({ from: '/signed-in/transfers/$id' });
  const read = useQuery(transferQuery(id));
  return (
    <OneObject
      query={read}
      title="Transfer"
      what="The transfer could not be read"
      none="There is no such transfer, or it is not one of yours."
      others={<Link to="/transfers">All transfers</Link>}
      height="40rem"
    >
      {(transfer) => <TransferShown transfer={transfer} />}
    </OneObject>
  );
}

function TransferShown({ transfer }: { transfer: Transfer }) {
  const may = useMay();
  const search = useSearch({ strict: false });
  const navigate = useNavigate({ from: '/transfers/$id' });
  const read = useQuery(attemptsQuery(transfer));
  const route = useQuery(configuredQuery('route', transfer.route)).data?.object;
  const zone = route?.schedule?.timezone;
  const attempts = read.data ?? [];
  const last = attempts.at(-1);
  const chosen = attempts.find(({ number }) => String(number) === search['attempt']) ?? last;
  const choosePart = (part: Part) =>
    void navigate({
      search: (before) => ({ ...before, part: part === 'tls' ? undefined : part }),
      replace: true,
      resetScroll: false,
    });
  const showTranscript = () => {
    choosePart('transcript');
    document.getElementById('evidence')?.scrollIntoView();
  };
  return (
    <div className={styles['page']}>
      <Page
        title={visibleText(nameOf(transfer.sourcePath))}
        beside={
          <>
            <span role="status">
              <StateBadge state={transfer.state} />
            </span>
            <span className={styles['muted']}>
              <Link to="/runs/$id" params={{ id: transfer.runId }}>
                {transfer.route}
              </Link>{' '}
              <Moment
                at={transfer.deliveredAt ?? transfer.finishedAt ?? transfer.createdAt}
                routeZone={zone}
              />
            </span>
          </>
        }
      >
        <TransferTrouble
          transfer={transfer}
          last={last}
          route={route}
          transcript={
            last?.hasTranscript &&
            may('getTranscript') && <Button onClick={showTranscript}>Read the dialogue</Button>
          }
        />
        <UnderWayNow transfer={transfer} />
        <Section title="From and to">
          <Way transfer={transfer} />
          <TransferFacts
            transfer={transfer}
            zone={zone}
            wasHeld={transfer.state !== 'held' && attempts.some(({ outcome }) => outcome === 'held')}
          />
        </Section>
        <Loaded query={read} what="The attempts could not be read" skeleton={<Skeleton height="24rem" />}>
          {() => (
            <>
              {chosen && attempts.length > 1 && <Attempts {...{ attempts, chosen, zone, transfer }} />}
              <div id="evidence" className={styles['evidence']}>
                <Evidence
                  transfer={transfer}
                  attempt={chosen}
                  zone={zone}
                  part={PARTS.find((known) => known === search['part'])}
                  onChoose={choosePart}
                >
                  {chosen && attempts.length === 1 && (
                    <AttemptList attempts={attempts} chosen={chosen} zone={zone} />
                  )}
                </Evidence>
              </div>
            </>
          )}
        </Loaded>
      </Page>
    </div>
  );
}

interface AttemptsProps {
  attempts: readonly Attempt[];
  chosen: Attempt;
  zone: string | undefined;
  transfer: Transfer;
}

function Attempts({ attempts, chosen, zone, transfer }: AttemptsProps) {
  // The last one's error is that of the transfer, which stands at the top.
  const isTold = chosen === attempts.at(-1) && transfer.error !== null;
  return (
    <Section title="Attempts">
      <AttemptList attempts={attempts} chosen={chosen} zone={zone} />
      {chosen.error && !isTold && (
        <ErrorPanel title={`Why attempt ${chosen.number} did not deliver`} error={chosen.error} />
      )}
    </Section>
  );
}
