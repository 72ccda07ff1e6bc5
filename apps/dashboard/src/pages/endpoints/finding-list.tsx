import { Link } from '@tanstack/react-router';
import type { ProbeObject } from '#contract';
import { labelOf, valueTexts } from '../../forms/show-value.ts';
import { useMay } from '../../session/me.ts';
import { PlainWords } from '../../trouble/plain-words.tsx';
import { showDuration } from '../../ui/amounts.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import styles from './doctor.module.css';
import { ENDPOINT_FIELDS } from './endpoint-fields.ts';
import { isUnderWay } from './endpoint-queries.ts';
import type { Endpoint } from './endpoint-summary.ts';
import { type Finding, isSetAlready, stepTitle } from './finding-settings.ts';

const MARKS: Readonly<Record<Finding['outcome'], { icon: IconName; says: string }>> = {
  ok: { icon: 'check', says: 'good' },
  note: { icon: 'more', says: 'note' },
  warning: { icon: 'warn', says: 'warning' },
  failed: { icon: 'close', says: 'failed' },
};

interface FindingListProps {
  probe: ProbeObject;
  /** As it is configured now: what is set already need not be set. */
  endpoint: Endpoint;
}

/** What was found, in its order; once it is over, what is to be put right comes first. */
export function FindingList({ probe, endpoint }: FindingListProps) {
  const all = probe.findings.map((finding, index) => ({ finding, index }));
  const wrong = isUnderWay(probe)
    ? []
    : all.filter(({ finding: { outcome } }) => outcome === 'failed' || outcome === 'warning');
  if (wrong.length === 0 || wrong.length === all.length)
    return <Rows probe={probe} endpoint={endpoint} label="Findings" rows={all} />;
  return (
    <>
      <Rows probe={probe} endpoint={endpoint} label="Findings" rows={wrong} />
      <h3 className={styles['rest']}>The rest</h3>
      <Rows
        probe={probe}
        endpoint={endpoint}
        label="The other findings"
        rows={all.filter((row) => !wrong.includes(row))}
      />
    </>
  );
}

interface RowsProps extends FindingListProps {
  label: string;
  rows: { finding: Finding; index: number }[];
}

function Rows({ probe: { id }, endpoint, label, rows }: RowsProps) {
  return (
    <ol className={styles['findings']} aria-label={label}>
      {rows.map(({ finding, index }) => (
        <li key={index} className={joinClasses(styles['finding'], styles[finding.outcome])}>
          <span className={styles['mark']}>
            <Icon name={MARKS[finding.outcome].icon} />
            <span className="visually-hidden">{MARKS[finding.outcome].says}: </span>
          </span>
          <p className={styles['step']}>
            {stepTitle(finding.step)} <span className={styles['took']}>{showDuration(finding.ms)}</span>
          </p>
          <div className={styles['text']}>
            <p>
              <PlainWords text={finding.says} />
            </p>
            {finding.step === 'login' && finding.outcome === 'failed' && (
              <EditCredentials name={endpoint.name} />
            )}
            {finding.set && <Setting probe={id} endpoint={endpoint} finding={finding} index={index} />}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** The doctor cannot know the right password; where it is changed he can say. */
function EditCredentials({ name }: { name: string }) {
  const may = useMay();
  if (!may('changeEndpoint')) return null;
  return (
    <p className={styles['credentials']}>
      <Link to="/endpoints/$name/edit" params={{ name }} className={buttonClass()}>
        Change user name or password
      </Link>
    </p>
  );
}

function Setting({
  probe,
  endpoint,
  finding,
  index,
}: {
  probe: string;
  endpoint: Endpoint;
  finding: Finding;
  index: number;
}) {
  const may = useMay();
  const isSet = isSetAlready(endpoint, finding);
  return (
    <div className={styles['setting']}>
      <dl>
        {Object.entries(finding.set ?? {}).map(([path, value]) => (
          <div key={path}>
            <dt>{labelOf(path, ENDPOINT_FIELDS)}</dt>
            <dd>
              {valueTexts(
                value,
                ENDPOINT_FIELDS.find((field) => field.path === path),
              ).map((text) => (
                <div key={text}>
                  <OutsideText text={text} />
                </div>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      {isSet && <Badge tone="good">set already</Badge>}
      {!isSet && may('changeEndpoint') && (
        <Link
          to="/endpoints/$name/edit"
          params={{ name: endpoint.name }}
          search={{ probe, finding: String(index) }}
          className={buttonClass()}
          aria-label={`Open the form with this: ${stepTitle(finding.step)}`}
        >
          Open the form with this
        </Link>
      )}
    </div>
  );
}
