import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ProbeObject } from '#contract';
import { readAll } from '../../api/read-all.ts';
import { labelOf } from '../../forms/show-value.ts';
import { useMay } from '../../session/me.ts';
import { countOf, showDuration } from '../../ui/amounts.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { useNow } from '../../ui/now.ts';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import styles from './doctor.module.css';
import { ENDPOINT_FIELDS } from './endpoint-fields.ts';
import { isUnderWay, lastProbeQuery } from './endpoint-queries.ts';
import type { Endpoint } from './endpoint-summary.ts';
import { ExamineForm } from './examine-form.tsx';
import { FindingList } from './finding-list.tsx';
import { countFindings, isSetAlready, settingsOf, settingsToConfirm } from './finding-settings.ts';
import { ProfileFacts } from './profile-facts.tsx';

/** A worker looks every second: longer than this, there is none. */
const NO_WORKER_MS = 30_000;

/** The doctor: examines the endpoint now, step by step, and says what to set. */
export function DoctorPanel({ endpoint, isNew }: { endpoint: Endpoint; isNew: boolean }) {
  const { name } = endpoint;
  const may = useMay();
  const last = useQuery(lastProbeQuery(name));
  const underWay = isUnderWay(last.data);
  return (
    <div className={styles['panel']}>
      {may('probeEndpoint') && <ExamineForm name={name} underWay={underWay} again={last.data != null} />}
      <Loaded query={last} what="The last examination could not be read">
        {(probe) =>
          probe ? (
            <Examination probe={probe} endpoint={endpoint} />
          ) : (
            <EmptyState
              title={
                isNew
                  ? `${name} is made. Examine it now, before a route uses it.`
                  : 'Nobody has examined it yet.'
              }
            >
              <p>
                The doctor tries everything that a transfer needs: name, connection, TLS, certificate, login,
                listing and data connections. It says in plain words what is wrong and what to set.
              </p>
            </EmptyState>
          )
        }
      </Loaded>
    </div>
  );
}

function Examination({ probe, endpoint }: { probe: ProbeObject; endpoint: Endpoint }) {
  const may = useMay();
  const underWay = isUnderWay(probe);
  const open = probe.findings.filter((finding) => !isSetAlready(endpoint, finding));
  const settings = Object.keys(settingsOf(open)).length;
  const unsure = settingsToConfirm(open);
  return (
    <Section
      title={underWay ? 'Examining' : 'What the doctor found'}
      actions={
        !underWay && settings > 1 && may('changeEndpoint') ? (
          <Link
            to="/endpoints/$name/edit"
            params={{ name: probe.endpoint }}
            search={{ probe: probe.id, finding: 'all' }}
            className={buttonClass()}
          >
            Open the form with all {settings} settings
          </Link>
        ) : undefined
      }
    >
      <Summary probe={probe} />
      {probe.error && (
        <p role="alert" className={styles['failed']}>
          {probe.error.sentence}
        </p>
      )}
      <FindingList probe={probe} endpoint={endpoint} />
      {underWay && <Waiting probe={probe} />}
      {!underWay && unsure.length > 0 && (
        <p className={styles['confirm']}>
          Confirm {unsure.map((path) => `“${labelOf(path, ENDPOINT_FIELDS)}”`).join(', ')} with the partner
          before you take it over: somebody in between would look the same.
        </p>
      )}
      {!underWay && probe.profile && <ProfileFacts profile={probe.profile} />}
      {!underWay && probe.state === 'done' && countFindings(probe.findings).failed === 0 && (
        <NextStep name={endpoint.name} />
      )}
    </Section>
  );
}

/** It works, and nothing is moved over it yet. */
function NextStep({ name }: { name: string }) {
  const may = useMay();
  const { data: routes } = useQuery(readAll('listRoutes'));
  const isUsed = routes?.some(
    ({ source, destination }) => source.endpoint === name || destination.endpoint === name,
  );
  if (isUsed !== false || !may('createRoute')) return null;
  return (
    <div className={styles['next']}>
      <p>It works, and no route uses it yet. Which files go where?</p>
      <Link to="/new/route" search={{ source: name }} className={buttonClass()}>
        A route from here
      </Link>
      <Link to="/new/route" search={{ destination: name }} className={buttonClass()}>
        A route to here
      </Link>
    </div>
  );
}

/** Read out when it is over, and not with every finding. */
function Summary({ probe }: { probe: ProbeObject }) {
  const counts = countFindings(probe.findings);
  const good = `${counts.ok} good`;
  const others = [
    counts.failed > 0 && `${counts.failed} failed`,
    counts.warning > 0 && countOf(counts.warning, 'warning'),
    counts.note > 0 && countOf(counts.note, 'note'),
  ].filter((part) => part !== false);
  // What is bad comes first.
  const parts = counts.failed + counts.warning > 0 ? [...others, good] : [good, ...others];
  const tookMs = Date.parse(probe.finishedAt ?? '') - Date.parse(probe.startedAt ?? '');
  return (
    <p className={styles['summary']} role="status">
      {isUnderWay(probe) ? (
        'It is being examined. What it finds appears below.'
      ) : (
        <>
          <strong>{parts.join(', ')}</strong> · <Moment at={probe.finishedAt ?? probe.createdAt} relative />
          {!Number.isNaN(tookMs) && `, in ${showDuration(tookMs)}`}
          {' · asked for by '}
          <OutsideText text={probe.requestedBy} />
          {probe.folder !== null && (
            <>
              {' · wrote in '}
              <OutsideText text={probe.folder} />
            </>
          )}
        </>
      )}
    </p>
  );
}

function Waiting({ probe }: { probe: ProbeObject }) {
  const now = useNow();
  const waits = now.getTime() - Date.parse(probe.createdAt);
  if (probe.state === 'queued' && waits > NO_WORKER_MS)
    return (
      <p role="alert" className={styles['failed']}>
        No worker{probe.workerTag ? ` with the tag ${probe.workerTag}` : ''} has begun for{' '}
        {showDuration(waits)}. Look whether one is running; the examination stays asked for.
      </p>
    );
  return (
    <p className={styles['looking']}>
      <span aria-hidden className={styles['pulse']} />
      {probe.state === 'queued' ? 'Waiting for a worker …' : 'Looking …'}
    </p>
  );
}
