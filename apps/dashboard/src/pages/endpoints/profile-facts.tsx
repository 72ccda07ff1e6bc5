import type { ReactNode } from 'react';
import type { ProbeObject } from '#contract';
import { showDuration } from '../../ui/amounts.ts';
import { Disclosure } from '../../ui/disclosure.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';

type Profile = NonNullable<ProbeObject['profile']>;

const REUSE = { demanded: 'demanded', offered: 'offered', never: 'never' } as const;
const PASSIVE = {
  same_address: 'states its own address',
  other_address: 'states another address',
  refused: 'refused',
} as const;
const NOT_EXAMINED = 'not examined';

/** What the endpoint can do, as the doctor saw it. */
export function ProfileFacts({ profile }: { profile: Profile }) {
  return (
    <Disclosure title="What this server can do">
      <Facts>
        <Fact label="TLS versions">{profile.tlsVersions.join(', ') || 'none'}</Fact>
        <Fact label="Session reuse">{known(profile.sessionReuse, (reuse) => REUSE[reuse])}</Fact>
        <Fact label="EPSV">{yesOrNo(profile.epsv)}</Fact>
        <Fact label="PASV">{known(profile.passive, (passive) => PASSIVE[passive])}</Fact>
        <Fact label="Listing">{known(profile.listing, (listing) => listing.toUpperCase())}</Fact>
        <Fact label="Dialect of listings">
          {known(profile.dialect, (dialect) => (
            <OutsideText text={dialect} />
          ))}
        </Fact>
        <Fact label="Hashes">{profile.hashes.join(', ') || 'none'}</Fact>
        <Fact label="Resumes downloads">{yesOrNo(profile.restart)}</Fact>
        <Fact label="Renaming replaces">{yesOrNo(profile.renameReplaces)}</Fact>
        <Fact label="Pipelining">{yesOrNo(profile.pipelining)}</Fact>
        <Fact label="Its clock">{known(profile.clockSkewMs, clockText)}</Fact>
        <Fact label="Ciphers, as it prefers them" wide>
          <span className="mono">{profile.ciphers.join(' ') || NOT_EXAMINED}</span>
        </Fact>
      </Facts>
    </Disclosure>
  );
}

function known<Value>(value: Value | null, show: (value: Value) => ReactNode): ReactNode {
  return value === null ? NOT_EXAMINED : show(value);
}

function yesOrNo(value: boolean | null): string {
  if (value === null) return NOT_EXAMINED;
  return value ? 'yes' : 'no';
}

function clockText(skewMs: number): string {
  if (Math.abs(skewMs) < 2_000) return 'right';
  return `${showDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
}
