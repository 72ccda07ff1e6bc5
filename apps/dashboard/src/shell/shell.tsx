import { Outlet } from '@tanstack/react-router';
import { Navigation } from './navigation.tsx';
import styles from './shell.module.css';
import { TopBar } from './top-bar.tsx';

/** What stands around every page: navigation, search, state of the connection, who is signed in. */
export function Shell() {
  return (
    <div className={styles['shell']}>
      <a href="#content" className={styles['skip']}>
        Skip to content
      </a>
      <TopBar />
      <aside className={styles['side']}>
        <Navigation />
      </aside>
      <main id="content" tabIndex={-1} className={styles['content']}>
        <Outlet />
      </main>
    </div>
  );
}
