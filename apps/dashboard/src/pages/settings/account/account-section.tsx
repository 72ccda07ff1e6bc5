import { useQuery } from '@tanstack/react-query';
import { useMe } from '../../../session/me.ts';
import { Fact, Facts } from '../../../ui/facts.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { Section } from '../../../ui/page.tsx';
import { signInWaysQuery } from '../../sign-in/sign-in-ways.ts';
import { reachText } from '../reach.ts';
import { ROLE_MEANS } from '../roles/role-words.ts';
import styles from '../settings.module.css';
import { Appearance } from './appearance.tsx';
import { ChangePassword } from './change-password.tsx';
import { SecondFactor } from './second-factor.tsx';

/** Who I am here, what I may, how I sign in, and how I want to see things. */
export function AccountSection() {
  const me = useMe();
  const { data: ways } = useQuery(signInWaysQuery);
  const provider = ways?.identityProvider;
  return (
    <>
      <Section title="Who you are">
        <Facts>
          <Fact label="Name">
            <OutsideText text={me.name} />
          </Fact>
          <Fact label="Role">{me.role}</Fact>
          <Fact label="Reach">
            <OutsideText text={`${reachText(me.partners, 'partner')}, ${reachText(me.routes, 'route')}`} />
          </Fact>
          {me.session && (
            <Fact label="This session ends">
              <Moment at={me.session.expiresAt} />
            </Fact>
          )}
        </Facts>
        <p className={styles['muted']}>{ROLE_MEANS[me.role]}</p>
      </Section>
      {me.session && (
        <>
          {provider && (
            <p className={styles['notice']}>
              If you sign in at <OutsideText text={provider.name} />, password and second factor are changed
              there.
            </p>
          )}
          <ChangePassword name={me.name} />
          <SecondFactor hasOne={me.session.hasSecondFactor} />
        </>
      )}
      <Appearance />
    </>
  );
}
