import { Dialog } from '@base-ui/react/dialog';
import { useState } from 'react';
import { buttonClass } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { useInertPage } from '../ui/use-inert-page.ts';
import { Navigation } from './navigation.tsx';
import styles from './small-navigation.module.css';

/** On a phone the pages are in a drawer. */
export function SmallNavigation() {
  const [open, setOpen] = useState(false);
  useInertPage(open);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className={buttonClass('quiet', styles['button'])} aria-label="Pages" title="Pages">
        <Icon name="menu" size={18} />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles['backdrop']} />
        <Dialog.Popup className={styles['drawer']}>
          <header className={styles['head']}>
            <Dialog.Title className={styles['title']}>Pages</Dialog.Title>
            <Dialog.Close className={buttonClass('quiet', styles['close'])} aria-label="Close">
              <Icon name="close" />
            </Dialog.Close>
          </header>
          <Navigation onGo={() => setOpen(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
