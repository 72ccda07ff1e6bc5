import { Link, useParams } from '@tanstack/react-router';
import { type ComponentType, useEffect, useRef } from 'react';
import { useMay } from '../../session/me.ts';
import { EmptyState, Page } from '../../ui/page.tsx';
import { AccountSection } from './account/account-section.tsx';
import { InstallationSection } from './installation/installation-section.tsx';
import { KeysSection } from './keys/keys-section.tsx';
import { RolesSection } from './roles/roles-section.tsx';
import { SecretsSection } from './secrets/secrets-section.tsx';
import { chooseSection, type SectionId, sectionsFor } from './sections.ts';
import { SessionsSection } from './sessions/sessions-section.tsx';
import styles from './settings.module.css';
import { UsersSection } from './users/users-section.tsx';

const CONTENT: Readonly<Record<SectionId, ComponentType>> = {
  account: AccountSection,
  users: UsersSection,
  keys: KeysSection,
  sessions: SessionsSection,
  secrets: SecretsSection,
  roles: RolesSection,
  installation: InstallationSection,
};

/** What belongs to persons, programs and the installation itself; every part has its own address. */
export function SettingsPage() {
  const { section: named } = useParams({ strict: false });
  const may = useMay();
  const own = sectionsFor(may);
  const section = chooseSection(named, own);
  const Content = section && CONTENT[section.id];
  const parts = useRef<HTMLElement>(null);
  // Where they stand in one line the chosen one may be out of sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the link that is current is another one with each section
  useEffect(() => {
    parts.current
      ?.querySelector('[aria-current]')
      ?.scrollIntoView({ inline: 'center', block: 'nearest', behavior: 'instant' });
  }, [section?.id]);
  return (
    <Page title="Settings">
      <div className={styles['settings']}>
        <nav ref={parts} aria-label="Settings" className={styles['parts']}>
          <ul>
            {own.map(({ id, title }) => (
              <li key={id}>
                <Link
                  to="/settings/$section"
                  params={{ section: id }}
                  search={{}}
                  className={styles['part']}
                  aria-current={id === section?.id ? 'page' : undefined}
                >
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className={styles['content']}>
          {Content ? (
            <Content />
          ) : (
            <EmptyState title="There is no such part of the settings, or it is not for your role.">
              <Link to="/settings/$section" params={{ section: 'account' }}>
                Your account
              </Link>
            </EmptyState>
          )}
        </div>
      </div>
    </Page>
  );
}
