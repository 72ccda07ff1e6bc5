import { Toast } from '@base-ui/react/toast';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { buttonClass } from './button.tsx';
import { Icon } from './icon.tsx';
import { joinClasses } from './join-classes.ts';
import type { Tone } from './state-badge.tsx';
import styles from './tell.module.css';

export interface Told {
  /** What happened, in one sentence: `Run cancelled.` */
  title: string;
  description?: string;
  /** Where to look: an address of these pages. */
  link?: { href: string; title: string };
  tone?: Exclude<Tone, 'idle'>;
}

const SHOWN_MS = 6_000;
/** Whoever is told of something bad gets the time to read it. */
const SHOWN_BAD_MS = 20_000;

/** As it comes it is a dialog, which it is not: it asks for nothing. The region around it is what is read out. */
const NO_DIALOG = { role: 'group', 'aria-modal': undefined } as const;

const told = Toast.createToastManager<Pick<Told, 'link'>>();

/** Says once what was done, politely, in the corner. Refusals stand where the person is looking, not here. */
export function tell(what: Told | string): void {
  const { title, description, link, tone = 'good' }: Told = typeof what === 'string' ? { title: what } : what;
  told.add({
    title,
    description,
    type: tone,
    timeout: tone === 'good' || tone === 'busy' ? SHOWN_MS : SHOWN_BAD_MS,
    data: link ? { link } : {},
  });
}

/** Around all pages, once. */
export function TellProvider({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={told}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className={styles['viewport']} aria-label="What was done">
          <ToldList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToldList() {
  const { toasts } = Toast.useToastManager<Pick<Told, 'link'>>();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      {...NO_DIALOG}
      className={joinClasses(styles['toast'], styles[toast.type ?? 'good'])}
    >
      <Toast.Content className={styles['content']}>
        <span className={styles['mark']}>
          <Icon name={toast.type === 'bad' || toast.type === 'warn' ? 'warn' : 'check'} />
        </span>
        <div className={styles['text']}>
          <Toast.Title className={styles['title']} render={<p />} />
          <Toast.Description className={styles['description']} />
          {toast.data?.link && (
            <Link to={toast.data.link.href} onClick={() => told.close(toast.id)}>
              {toast.data.link.title}
            </Link>
          )}
        </div>
        {/* Hidden from screen readers as it comes, and yet a stop of Tab. */}
        <Toast.Close
          className={buttonClass('quiet', styles['close'])}
          aria-label="Dismiss"
          aria-hidden={undefined}
        >
          <Icon name="close" />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
