import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { InstallationObject } from '#contract';
import { showCount } from '../../../ui/amounts.ts';
import { Loaded } from '../../../ui/loaded.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../../ui/page.tsx';
import { type SimpleColumn, SimpleTable } from '../../../ui/simple-table.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { Badge } from '../../../ui/state-badge.tsx';
import { reachText } from '../reach.ts';
import styles from './installation.module.css';
import { installationQuery } from './installation-query.ts';
import { LEGACY_MEANS, SETTING_NAMES, type SettingName } from './setting-names.ts';

/** How this installation is set up, each with the setting that changes it. Settings are read when a process starts. */
export function InstallationSection() {
  const query = useQuery(installationQuery);
  return (
    <Loaded
      query={query}
      what="How the installation is set up could not be read"
      skeleton={<Skeleton height="40rem" />}
    >
      {(installation) => (
        <>
          <p className={styles['muted']}>
            Read only: settings are variables of the processes, and are read when they start. Secrets are
            never shown.
          </p>
          <System installation={installation} />
          <SignIn installation={installation} />
          <Network installation={installation} />
          <Policies installation={installation} />
        </>
      )}
    </Loaded>
  );
}

function System({ installation: { version, nodeVersion, database, queue, publicUrl } }: Part) {
  return (
    <Section title="System">
      <Settings>
        <Setting label="Waybill">
          {version} on Node.js {nodeVersion.replace(/^v/, '')}
        </Setting>
        <Setting label="Database" by="database">
          PostgreSQL <OutsideText text={database.version} />
          {database.kind === 'embedded' ? ', the one that Waybill brings along' : ', a service'}
        </Setting>
        <Setting label="Clock of the database">
          <Moment at={database.time} />
        </Setting>
        <Setting label="Queue" by="queue">
          {queue === 'redis' ? 'Redis' : 'in PostgreSQL'}
        </Setting>
        <Setting label="Address for browsers" by="publicUrl">
          {publicUrl === null ? (
            <None text="not set: this machine only, or as the browser asks" />
          ) : (
            <code>{publicUrl}</code>
          )}
        </Setting>
      </Settings>
    </Section>
  );
}

function SignIn({ installation: { oidc } }: Part) {
  if (!oidc)
    return (
      <Section title="Sign-in at an identity provider">
        <EmptyState title="Persons sign in with a password.">
          <p>
            To sign in at an identity provider (OpenID Connect) set <code>{SETTING_NAMES.issuer}</code>,{' '}
            <code>{SETTING_NAMES.clientId}</code>, <code>{SETTING_NAMES.groups}</code> and{' '}
            <code>{SETTING_NAMES.publicUrl}</code>.
          </p>
        </EmptyState>
      </Section>
    );
  return (
    <Section title="Sign-in at an identity provider">
      <Settings>
        <Setting label="Issuer" by="issuer">
          <code>{oidc.issuer}</code>
        </Setting>
        <Setting label="Client" by="clientId">
          <code>
            <OutsideText text={oidc.clientId} />
          </code>
        </Setting>
        <Setting label="Scope" by="scope">
          <code>{oidc.scope}</code>
        </Setting>
        <Setting label="Claim with the groups" by="groupsClaim">
          <code>
            <OutsideText text={oidc.groupsClaim} />
          </code>
        </Setting>
      </Settings>
      <p>
        Roles by group (<code>{SETTING_NAMES.groups}</code>): the first that names a group of the person
        decides.
      </p>
      <SimpleTable
        caption="Roles by group"
        columns={GROUP_COLUMNS}
        rows={oidc.groups}
        rowKey={({ group }) => group}
      />
    </Section>
  );
}

const GROUP_COLUMNS: readonly SimpleColumn<NonNullable<InstallationObject['oidc']>['groups'][number]>[] = [
  { id: 'group', title: 'Group', main: true, cell: ({ group }) => <OutsideText text={group} /> },
  { id: 'role', title: 'Role', cell: ({ role }) => role },
  {
    id: 'reach',
    title: 'Reach',
    cell: ({ partners }) => <OutsideText text={reachText(partners, 'partner')} />,
  },
];

function Network({ installation: { egress, localRoots, rates } }: Part) {
  return (
    <Section title="Network and files">
      <Settings>
        <Setting label="Connections may go to" by="egressAllow">
          <Words values={egress.allow} none="nowhere" />
        </Setting>
        <Setting label="and never to" by="egressDeny">
          <Words values={egress.deny} none="nothing more is forbidden" />
        </Setting>
        <Setting label="Folders of local endpoints" by="localRoots">
          <Words values={localRoots} none="none: requests can make no local endpoint" />
        </Setting>
        <Setting label="Requests of one identity" by="ratePerIdentity">
          {showCount(rates.perIdentity.perSecond)} a second, {showCount(rates.perIdentity.burst)} at once
        </Setting>
        <Setting label="Requests of one address" by="ratePerAddress">
          {showCount(rates.perAddress.perSecond)} a second, {showCount(rates.perAddress.burst)} at once
        </Setting>
      </Settings>
    </Section>
  );
}

function Policies({ installation: { fourEyes, allowedLegacyPolicies, retention } }: Part) {
  return (
    <Section title="Policies">
      <Settings>
        <Setting label="Four eyes" by="fourEyes">
          {fourEyes ? (
            <>
              <Badge tone="good">on</Badge> What lets more happen waits for a second admin.
            </>
          ) : (
            <>
              <Badge tone="idle">off</Badge> One admin is enough for every change.
            </>
          )}
        </Setting>
        <Setting label="Legacy policies that endpoints may use" by="legacy">
          {allowedLegacyPolicies.length === 0 ? (
            <>
              <Badge tone="good">none</Badge> Every connection is encrypted as it should be.
            </>
          ) : (
            <ul>
              {allowedLegacyPolicies.map((policy) => (
                <li key={policy}>
                  <Badge tone="warn">{policy}</Badge> {LEGACY_MEANS[policy]}
                </li>
              ))}
            </ul>
          )}
        </Setting>
        <Setting label="Answers to repeated requests are kept" by="keepRequests">
          {retention.requestDays} days
        </Setting>
        <Setting label="Call-backs that are done" by="keepCallbacks">
          {retention.callbackDays} days
        </Setting>
        <Setting label="Sessions that are over" by="keepSessions">
          {retention.sessionDays} days
        </Setting>
        <Setting label="Examinations of endpoints" by="keepProbes">
          {retention.probeDays} days
        </Setting>
        <Setting label="Evidence">for ever: nothing here throws it away</Setting>
      </Settings>
    </Section>
  );
}

interface Part {
  installation: InstallationObject;
}

function Settings({ children }: { children: ReactNode }) {
  return <dl className={styles['settings']}>{children}</dl>;
}

function Setting({ label, by, children }: { label: string; by?: SettingName; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <div>{children}</div>
        {by && (
          <p className={styles['by']}>
            <span className="visually-hidden">Changed by </span>
            <code>{SETTING_NAMES[by]}</code>
          </p>
        )}
      </dd>
    </div>
  );
}

function None({ text }: { text: string }) {
  return <span className={styles['muted']}>{text}</span>;
}

function Words({ values, none }: { values: readonly string[]; none: string }) {
  if (values.length === 0) return <None text={none} />;
  return (
    <ul className={styles['words']}>
      {values.map((value) => (
        <li key={value}>
          <code>
            <OutsideText text={value} />
          </code>
        </li>
      ))}
    </ul>
  );
}
