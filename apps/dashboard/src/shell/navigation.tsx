import { Link } from '@tanstack/react-router';
import { PAGES } from '../pages.ts';
import { useMay } from '../session/me.ts';
import styles from './navigation.module.css';

/** The pages that this person may see, by what they are for. */
export function Navigation({ onGo }: { onGo?: () => void }) {
  const may = useMay();
  const offered = PAGES.filter((page) => may(page.needs));
  const groups = Map.groupBy(offered, ({ group }) => group);
  return (
    <nav aria-label="Pages" className={styles['navigation']}>
      {[...groups].map(([group, pages]) => (
        <section key={group} aria-label={group}>
          <p aria-hidden className={styles['group']}>
            {group}
          </p>
          <ul>
            {pages.map(({ path, title }) => (
              <li key={path}>
                <Link
                  to={path}
                  className={styles['link']}
                  activeProps={{ className: styles['active'], 'aria-current': 'page' }}
                  activeOptions={{ exact: path === '/', includeSearch: false }}
                  onClick={onGo}
                >
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
