import { type ReactNode, useEffect } from 'react';
import styles from './page.module.css';
import { setTabTitle } from './tab-title.ts';

interface PageProps {
  title: string;
  /** Beside the title: what the page is about in few words, a state, a name. */
  beside?: ReactNode;
  /** What can be done here; the main one last. */
  actions?: ReactNode;
  children: ReactNode;
}

/** Every page: one heading, its actions, its content. Sets the title of the tab. */
export function Page({ title, beside, actions, children }: PageProps) {
  useEffect(() => {
    setTabTitle(title);
  }, [title]);
  return (
    <div className={styles['page']}>
      <header className={styles['head']}>
        {/* Whoever comes to a page begins here. */}
        <h1 tabIndex={-1}>{title}</h1>
        {beside}
        {actions && <div className={styles['actions']}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of a page with a heading of its own, on a surface. */
export function Section({ title, actions, children }: SectionProps) {
  return (
    <section className={styles['section']} aria-label={title}>
      <header className={styles['head']}>
        <h2>{title}</h2>
        {actions && <div className={styles['actions']}>{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** Nothing here: says why, and what to do next. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles['empty']}>
      <p className={styles['emptyTitle']}>{title}</p>
      {children}
    </div>
  );
}
