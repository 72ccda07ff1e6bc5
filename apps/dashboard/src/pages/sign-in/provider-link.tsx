import { useQuery } from '@tanstack/react-query';
import { buttonClass } from '../../ui/button.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import styles from './sign-in-page.module.css';
import { signInWaysQuery } from './sign-in-ways.ts';

/** Leads the browser to the identity provider; from over a page in another tab, so that what was typed stays here. */
export function ProviderLink({ overPage }: { overPage: boolean }) {
  const { data: ways } = useQuery(signInWaysQuery);
  const provider = ways?.identityProvider;
  if (!provider) return null;
  return (
    <div className={styles['provider']}>
      <p className={styles['or']}>
        <span>or</span>
      </p>
      <a href={provider.path} className={buttonClass()} {...(overPage && { target: '_blank' })}>
        <span>
          Sign in with <OutsideText text={provider.name} />
        </span>
      </a>
      {overPage && (
        <p className={styles['muted']}>In another tab: this page goes on when you are signed in there.</p>
      )}
    </div>
  );
}
