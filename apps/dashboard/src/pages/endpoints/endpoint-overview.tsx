import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Incident, PostureObject } from '#contract';
import { DaysBadge } from '../../tls-facts/days-badge.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Section } from '../../ui/page.tsx';
import { lastProbeQuery } from './endpoint-queries.ts';
import { RouteList } from './endpoint-routes.tsx';
import { type Endpoint, placeOf, protocolOf } from './endpoint-summary.ts';
import { countFindings } from './finding-settings.ts';
import { judgePins } from './pin-standing.ts';
import { strictSummary } from './stricter-policies.ts';
import styles from './trust.module.css';

interface EndpointOverviewProps {
  endpoint: Endpoint;
  posture: PostureObject | null | undefined;
  incidents: readonly Incident[];
}

/** What the person on duty needs: does it work, and if not, why. */
export function EndpointOverview({ endpoint, posture, incidents }: EndpointOverviewProps) {
  const { name, paused } = endpoint;
  const isServer = endpoint.protocol !== 'local';
  const [shown] = posture?.certificates ?? [];
  const stranger =
    endpoint.protocol === 'ftps' && judgePins(endpoint.tls.pins, posture?.certificates ?? []).stranger;
  return (
    <div className={styles['stack']}>
      {paused && (
        <div role="status" className={styles['attention']}>
          <p>
            <strong>
              Paused by <OutsideText text={paused.by} /> <Moment at={paused.since} relative />.
            </strong>{' '}
            Nothing new begins on any route from or to it.
          </p>
          <p>
            Why: <OutsideText text={paused.reason} />
          </p>
        </div>
      )}
      {incidents.map((incident) => (
        <div key={incident.id} className={styles['stranger']}>
          <p>
            <strong>
              <OutsideText text={incident.summary} />
            </strong>
          </p>
          {incident.error && <p>{incident.error.sentence}</p>}
          <p className={styles['muted']}>
            Since <Moment at={incident.openedAt} relative />, last{' '}
            <Moment at={incident.lastSeenAt} relative />.{' '}
            <Link to="/incidents" search={{ id: incident.id }}>
              Go to the incident
            </Link>
            {isServer && (
              <>
                {' · '}
                <Link to="/endpoints/$name" params={{ name }} search={{ part: 'doctor' }}>
                  Ask the doctor
                </Link>
              </>
            )}
          </p>
        </div>
      ))}
      {isServer && endpoint.password.cleared && (
        <div className={styles['stranger']}>
          <p>
            <strong>The credentials were cleared</strong> when it moved to another server. Nothing can log in
            until they are given again.
          </p>
        </div>
      )}
      {stranger && (
        <div className={styles['stranger']}>
          <p>
            <strong>The server shows a key that is not pinned.</strong>{' '}
            <Link to="/endpoints/$name" params={{ name }} search={{ part: 'trust' }}>
              Compare the keys
            </Link>
          </p>
        </div>
      )}
      <Section title="At a glance">
        <Facts>
          <Fact label={isServer ? 'Server' : 'Directory'} wide={!isServer}>
            <OutsideText text={placeOf(endpoint)} />
          </Fact>
          <Fact label="Protocol">{protocolOf(endpoint)}</Fact>
          {isServer && (
            <Fact label="User name">
              <OutsideText text={endpoint.username} />
            </Fact>
          )}
          <Fact label="Sessions at once">{endpoint.maxSessions}</Fact>
          {endpoint.protocol === 'ftps' && (
            <Fact label="Certificate">
              {shown ? (
                <DaysBadge daysLeft={shown.daysLeft} />
              ) : (
                <span className={styles['muted']}>not seen yet</span>
              )}
            </Fact>
          )}
          {endpoint.protocol === 'ftps' && (
            <Fact label="Pinned keys">
              {endpoint.tls.pins.length === 0 ? (
                <span className={styles['muted']}>none</span>
              ) : (
                endpoint.tls.pins.length
              )}
            </Fact>
          )}
          {posture && isServer && (
            <Fact label="Stricter TLS">
              <Link to="/endpoints/$name" params={{ name }} search={{ part: 'trust' }}>
                {strictText(strictSummary(posture.stricter))}
              </Link>
            </Fact>
          )}
          {isServer && posture && <LastExamination name={name} examined={posture.doctor !== null} />}
        </Facts>
      </Section>
      <Section title="Routes that use it">
        <RouteList
          wanted={({ source, destination }) => source.endpoint === name || destination.endpoint === name}
          none="No route uses it yet."
        />
      </Section>
    </div>
  );
}

function strictText({ breaks, unknown, total }: ReturnType<typeof strictSummary>): string {
  if (breaks === 0 && unknown > total / 2) return 'not known yet';
  return breaks === 0 ? 'nothing would break' : `${breaks} of ${total} policies would break connections`;
}

/** Asked for only where there was one that somebody was let in for: otherwise there is nothing to say yet. */
function LastExamination({ name, examined }: { name: string; examined: boolean }) {
  const { data: probe } = useQuery({ ...lastProbeQuery(name), enabled: examined });
  const counts = countFindings(probe?.findings ?? []);
  const troubled = counts.failed > 0 || probe?.state === 'failed';
  return (
    <Fact label="Doctor">
      <Link to="/endpoints/$name" params={{ name }} search={{ part: 'doctor' }}>
        {probe ? (
          <>
            {troubled ? 'something failed' : counts.warning > 0 ? 'with warnings' : 'all good'},{' '}
            <Moment at={probe.finishedAt ?? probe.createdAt} relative />
          </>
        ) : (
          'ask the doctor'
        )}
      </Link>
    </Fact>
  );
}
