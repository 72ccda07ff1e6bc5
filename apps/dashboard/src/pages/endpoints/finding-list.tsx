import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { ProbeObject } from '#contract';
import { labelOf, valueTexts } from '../../forms/show-value.ts';
import { useMay } from '../../session/me.ts';
import { showDuration } from '../../ui/amounts.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { OutsideText } from '../../ui/outside-text.tsx';
import styles from './doctor.module.css';
import { ENDPOINT_FIELDS } from './endpoint-fields.ts';
import { type Finding, stepTitle } from './finding-settings.ts';

const MARKS: Readonly<Record<Finding['outcome'], { icon: IconName; says: string }>> = {
  ok: { icon: 'check', says: 'good' },
  note: { icon: 'more', says: 'note' },
  warning: { icon: 'warn', says: 'warning' },
  failed: { icon: 'close', says: 'failed' },
};

/** What was found, in its order: each with what to do about it. */
export function FindingList({ probe: { id, endpoint, findings } }: { probe: ProbeObject }) {
  return (
    <ol className={styles['findings']} aria-label="Findings">
      {findings.map((finding, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: findings are only ever added, at the end
        <li key={index} className={joinClasses(styles['finding'], styles[finding.outcome])}>
          <span className={styles['mark']}>
            <Icon name={MARKS[finding.outcome].icon} />
            <span className="visually-hidden">{MARKS[finding.outcome].says}: </span>
          </span>
          <div className={styles['text']}>
            <h3>
              {stepTitle(finding.step)} <span className={styles['took']}>{showDuration(finding.ms)}</span>
            </h3>
            <p>
              <Says text={finding.says} />
            </p>
            {finding.set && <Setting probe={id} endpoint={endpoint} finding={finding} index={index} />}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** The doctor writes names of options between back quotes. */
function Says({ text }: { text: string }) {
  const parts = text.split('`');
  return parts.map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
    <Fragment key={index}>
      {index % 2 === 1 ? (
        <code>
          <OutsideText text={part} />
        </code>
      ) : (
        <OutsideText text={part} />
      )}
    </Fragment>
  ));
}

function Setting({
  probe,
  endpoint,
  finding,
  index,
}: {
  probe: string;
  endpoint: string;
  finding: Finding;
  index: number;
}) {
  const may = useMay();
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
      {may('changeEndpoint') && (
        <Link
          to="/endpoints/$name/edit"
          params={{ name: endpoint }}
          search={{ probe, finding: String(index) }}
          className={buttonClass()}
          aria-label={`Open the form with the setting of ${stepTitle(finding.step)} filled in`}
        >
          Open the form with this
        </Link>
      )}
    </div>
  );
}
