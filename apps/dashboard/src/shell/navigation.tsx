import { Link } from '@tanstack/react-router';
import { PAGES } from '../pages.ts';
import { useMay } from '../session/me.ts';
import { Icon } from '../ui/icon.tsx';
import { useAttention, type Waiting } from './attention.ts';
import styles from './navigation.module.css';

/** The pages that this person may see, by what they are for. */
export function Navigation({ onGo }: { onGo?: () => void }) {
  const may = useMay();
  const attention = useAttention();
  const offered = PAGES.filter((page) => may(page.needs));
  const groups = Map.groupBy(offered, ({ group }) => group);
  return (
    <nav aria-label="Main" className={styles['navigation']}>
      {[...groups].map(([group, pages]) => (
        <section key={group} aria-label={group}>
          <p aria-hidden className={styles['group']}>
            {group}
          </p>
          <ul>
            {pages.map(({ path, title, icon }) => (
              <li key={path}>
                <Link
                  to={path}
                  className={styles['link']}
                  activeProps={{ className: styles['active'], 'aria-current': 'page' }}
                  activeOptions={{ exact: path === '/', includeSearch: false }}
                  onClick={onGo}
                >
                  <Icon name={icon} />
                  {title}
                  <WaitingCount waiting={attention[path]} />
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

function WaitingCount({ waiting }: { waiting: Waiting | undefined }) {
  if (!waiting || waiting.count === 0) return null;
  const text = `${waiting.count}${waiting.more ? '+' : ''}`;
  return (
    <span className={styles['count']}>
      {text}
      <span className="visually-hidden"> waiting</span>
    </span>
  );
}
