import { Link } from '@tanstack/react-router';
import { buttonClass } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { ConnectionNote } from './connection-note.tsx';
import { showOverlay } from './overlays.ts';
import { PersonMenu } from './person-menu.tsx';
import { SmallNavigation } from './small-navigation.tsx';
import styles from './top-bar.module.css';

export function TopBar() {
  return (
    <header className={styles['bar']}>
      <SmallNavigation />
      <Link to="/" className={styles['brand']} aria-label="Waybill, Tonight">
        <img src="/icon.svg" alt="" width="24" height="24" />
        <span className={styles['brandName']}>Waybill</span>
      </Link>
      <button
        type="button"
        className={buttonClass('plain', styles['search'])}
        aria-keyshortcuts="Control+K Meta+K /"
        onClick={() => showOverlay('palette')}
      >
        <Icon name="search" />
        <span className={styles['searchText']}>Search</span>
        <kbd aria-hidden className={styles['searchKey']}>
          Ctrl K
        </kbd>
      </button>
      <div className={styles['right']}>
        <ConnectionNote />
        <PersonMenu />
      </div>
    </header>
  );
}
