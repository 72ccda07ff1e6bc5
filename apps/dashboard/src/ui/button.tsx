import type { ComponentProps } from 'react';
import styles from './button.module.css';
import { joinClasses } from './join-classes.ts';

export type ButtonLook = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends ComponentProps<'button'> {
  look?: ButtonLook;
  /** Under way: it cannot be pressed again, and says so to screen readers. */
  busy?: boolean;
}

export function Button({ look = 'plain', busy = false, className, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={buttonClass(look, className)}
    />
  );
}

/** For links that look like buttons. */
export function buttonClass(look: ButtonLook = 'plain', more?: string): string {
  return joinClasses(styles['button'], look !== 'plain' && styles[look], more);
}

/** A button that shows an icon only: its name is said, and shown by the browser. */
export function IconButton({ label, className, ...rest }: ButtonProps & { label: string }) {
  return (
    <Button
      {...rest}
      look={rest.look ?? 'quiet'}
      aria-label={label}
      title={label}
      className={joinClasses(styles['icon'], className)}
    />
  );
}
