import type { TlsNegotiation } from '#contract';
import { showBytes, showDuration } from '../ui/amounts.ts';
import { Disclosure } from '../ui/disclosure.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Moment } from '../ui/moment.tsx';
import { OutsideText } from '../ui/outside-text.tsx';
import { Badge, type Tone } from '../ui/state-badge.tsx';
import { CertificateChain } from './certificate-chain.tsx';
import { checkSays, closeNotifySays } from './group-negotiations.ts';
import styles from './tls-facts.module.css';

const VERDICTS: Readonly<Record<TlsNegotiation['verdict'], Tone>> = {
  accepted: 'good',
  refused: 'bad',
  unprotected: 'warn',
};

interface NegotiationCardProps {
  negotiation: TlsNegotiation;
  /** The full handshake whose ticket it used, where that is among those shown. */
  origin: TlsNegotiation | undefined;
  onShowOrigin(id: string): void;
  open: boolean;
}

/** One handshake: what was agreed upon in a line, everything else below it. */
export function NegotiationCard({ negotiation, origin, onShowOrigin, open }: NegotiationCardProps) {
  const {
    id,
    channel,
    command,
    verdict,
    protocol,
    cipher,
    keyExchangeGroup,
    resumed,
    handshakeMs,
    legacyPolicy,
  } = negotiation;
  const agreed = [protocol, cipher, keyExchangeGroup].filter((fact) => fact !== null);
  return (
    <div className={styles['card']} data-negotiation={id}>
      <Disclosure
        open={open}
        title={
          <span className={styles['line']}>
            <strong>{channel === 'control' ? 'Control' : 'Data'}</strong>
            <code>
              <OutsideText text={command} />
            </code>
            <Badge tone={VERDICTS[verdict] ?? 'idle'}>{verdict}</Badge>
            {legacyPolicy && <Badge tone="warn">legacy: {legacyPolicy.replaceAll('_', ' ')}</Badge>}
            {resumed && <Badge tone="idle">resumed</Badge>}
            <span className={styles['agreed']}>
              {agreed.length > 0 ? <OutsideText text={agreed.join(' · ')} /> : 'no TLS came about'}
            </span>
            <span className={styles['took']}>{tookText(handshakeMs)}</span>
          </span>
        }
      >
        <Details {...{ negotiation, origin, onShowOrigin }} />
      </Disclosure>
    </div>
  );
}

function tookText(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : showDuration(milliseconds);
}

function Details({ negotiation, origin, onShowOrigin }: Omit<NegotiationCardProps, 'open'>) {
  const { error, peerCertificates } = negotiation;
  return (
    <div className={styles['details']}>
      {error && (
        <p className={styles['refusal']}>
          Refused: <code>{error}</code>
        </p>
      )}
      <Resumed {...{ negotiation, origin, onShowOrigin }} />
      {!isInherited(negotiation) && (
        <div className={styles['checks']}>
          <Check which="name" negotiation={negotiation} />
          <Check which="chain" negotiation={negotiation} />
          <Check which="pin" negotiation={negotiation} />
        </div>
      )}
      <Facts>
        <Said label="Version" text={negotiation.protocol} />
        <Said label="Cipher" text={negotiation.cipher} />
        <Said label="Key exchange" text={negotiation.keyExchangeGroup} />
        <Said label="Signature" text={negotiation.signatureAlgorithm} />
        <Said label="Mode" text={negotiation.mode} />
        <Said label="Name asked for (SNI)" text={negotiation.serverName} />
        <Said label="ALPN" text={negotiation.alpn} />
        <Said label="AUTH reply" text={negotiation.authReply} />
        <Said label="PBSZ reply" text={negotiation.pbszReply} />
        <Said label="PROT reply" text={negotiation.protReply} />
        <Said label="Our address" text={negotiation.localAddress} />
        <Said label="Their address" text={negotiation.remoteAddress} />
        <Fact label="Began">
          <Moment at={negotiation.startedAt} />
        </Fact>
        <Fact label="Handshake took">{tookText(negotiation.handshakeMs)}</Fact>
        {negotiation.closedAt && (
          <Fact label="Closed">
            <Moment at={negotiation.closedAt} />
          </Fact>
        )}
        {negotiation.verdict !== 'refused' && (
          <Fact label="close_notify">{closeNotifySays(negotiation)}</Fact>
        )}
        {negotiation.bytesPlain !== null && (
          <Fact label="Bytes carried">
            {showBytes(negotiation.bytesPlain)}
            {negotiation.bytesWire !== null && `, ${showBytes(negotiation.bytesWire)} on the wire`}
          </Fact>
        )}
      </Facts>
      {peerCertificates.length > 0 && <CertificateChain certificates={peerCertificates} />}
    </div>
  );
}

/** Whoever resumes shows no certificate: there was nothing to check again. */
function isInherited({ resumed, nameCheck, chainCheck, pinCheck }: TlsNegotiation): boolean {
  return resumed && [nameCheck, chainCheck, pinCheck].every((check) => check === 'not_applicable');
}

function Resumed({ negotiation, origin, onShowOrigin }: Omit<NegotiationCardProps, 'open'>) {
  const { resumed, resumedFrom } = negotiation;
  if (!resumed) return null;
  return (
    <p>
      {origin && resumedFrom ? (
        <>
          Resumed from{' '}
          <button type="button" className={styles['jump']} onClick={() => onShowOrigin(resumedFrom)}>
            the {origin.channel} connection’s handshake
          </button>
          : its certificate, name and key were checked there.
        </>
      ) : (
        'Resumed from an earlier handshake of this session: certificate, name and key were checked there.'
      )}
    </p>
  );
}

function Said({ label, text }: { label: string; text: string | null }) {
  return (
    text !== null && (
      <Fact label={label}>
        <OutsideText text={text} />
      </Fact>
    )
  );
}

const CHECK_TITLES = { name: 'Name', chain: 'Chain', pin: 'Pin' } as const;

function Check({ which, negotiation }: { which: 'name' | 'pin' | 'chain'; negotiation: TlsNegotiation }) {
  const { tone, says } = checkSays(which, negotiation[`${which}Check`], negotiation);
  return (
    <span className={styles['check']}>
      <span className={styles['checkTitle']}>{CHECK_TITLES[which]}</span> <Badge tone={tone}>{says}</Badge>
    </span>
  );
}
