import { Dialog as Base } from '@base-ui/react/dialog';
import { type ReactNode, useRef } from 'react';
import { buttonClass } from './button.tsx';
import styles from './dialog.module.css';
import { Icon } from './icon.tsx';
import { useInertPage } from './use-inert-page.ts';

interface DialogProps {
  title: string;
  /** In one or two sentences, what this is about. */
  description?: ReactNode;
  open: boolean;
  onClose(): void;
  wide?: boolean;
  /** Something was typed in it: a press beside it does not close it. */
  holds?: boolean;
  /** It has no way out but what is in it. */
  closable?: boolean;
  children: ReactNode;
}

/** Over the page, with the focus kept inside; Escape closes it. It begins in its first empty field. */
export function Dialog({
  title,
  description,
  open,
  onClose,
  wide = false,
  holds = false,
  closable = true,
  children,
}: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  useInertPage(open);
  const firstField = () => findFirstEmpty(popup.current) ?? popup.current;
  return (
    <Base.Root open={open} disablePointerDismissal={holds} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles['backdrop']} />
        <Base.Popup
          ref={popup}
          initialFocus={firstField}
          className={wide ? `${styles['popup']} ${styles['wide']}` : styles['popup']}
        >
          <header className={styles['head']}>
            <Base.Title className={styles['title']}>{title}</Base.Title>
            {closable && (
              <Base.Close className={buttonClass('quiet', styles['close'])} aria-label="Close">
                <Icon name="close" />
              </Base.Close>
            )}
          </header>
          {description && (
            <Base.Description className={styles['description']} render={<div />}>
              {description}
            </Base.Description>
          )}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The first field that waits for something: an empty one, a choice that is not made; otherwise the first. */
function findFirstEmpty(popup: HTMLElement | null): HTMLElement | undefined {
  const fields = [...(popup?.querySelectorAll<HTMLInputElement>('input, select, textarea') ?? [])];
  const chosen = new Set(
    fields.flatMap(({ type, name, checked }) => (type === 'radio' && checked ? [name] : [])),
  );
  const isEmpty = ({ type, name, value }: HTMLInputElement) =>
    type === 'radio' ? !chosen.has(name) : value === '';
  // A choice that is made takes the focus at what was chosen.
  return fields.find(isEmpty) ?? fields.find(({ type, checked }) => type !== 'radio' || checked);
}

/** The buttons at the end of a dialog; the one that does it stands last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles['actions']}>{children}</div>;
}
