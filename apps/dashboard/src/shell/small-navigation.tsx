import { useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Navigation } from './navigation.tsx';
import styles from './top-bar.module.css';

/** On a phone the pages are behind a button. */
export function SmallNavigation() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton label="Pages" className={styles['menuButton']} onClick={() => setOpen(true)}>
        <Icon name="menu" />
      </IconButton>
      <Dialog title="Pages" open={open} onClose={() => setOpen(false)}>
        <Navigation onGo={() => setOpen(false)} />
      </Dialog>
    </>
  );
}
