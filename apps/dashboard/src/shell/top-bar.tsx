import { Link } from '@tanstack/react-router';
import { PersonMenu } from './person-menu.tsx';
import { SmallNavigation } from './small-navigation.tsx';
import styles from './top-bar.module.css';

export function TopBar() {
  return (
    <header className={styles['bar']}>
      <SmallNavigation />
      <Link to="/" className={styles['brand']}>
        <img src="/icon.svg" alt="" width="24" height="24" />
        Waybill
      </Link>
      <div className={styles['right']}>
        <PersonMenu />
      </div>
    </header>
  );
}
