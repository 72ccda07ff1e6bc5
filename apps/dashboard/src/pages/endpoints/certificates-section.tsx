import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PostureObject } from '#contract';
import { showCount } from '../../ui/amounts.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Disclosure } from '../../ui/disclosure.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { useNow } from '../../ui/now.ts';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { chainQuery } from './endpoint-queries.ts';
import { daysText, toneOfDays } from './endpoint-summary.ts';
import { pinOf } from './pin-standing.ts';
import { PinText } from './pins-section.tsx';
import styles from './trust.module.css';

type Certificate = PostureObject['certificates'][number];
const DAY_MS = 86_400_000;

/** The certificate the server shows now, its chain, and those it showed before. */
export function CertificatesSection({ name, posture }: { name: string; posture: PostureObject }) {
  const [shown, ...earlier] = posture.certificates;
  if (!shown)
    return (
      <Section title="Certificate">
        <EmptyState title="No connection has shown a certificate in the last 30 days.">
          <p>Examine the endpoint, or wait for the next run.</p>
        </EmptyState>
      </Section>
    );
  return (
    <Section title="Certificate">
      <p className={styles['days']}>
        <Badge tone={toneOfDays(shown.daysLeft)}>
          {daysText(shown.daysLeft)}
          {(shown.daysLeft ?? -1) >= 0 && ' left'}
        </Badge>
        <span className={styles['muted']}>
          seen on {showCount(shown.connections)} connections, last <Moment at={shown.lastSeenAt} relative />
        </span>
        {shown.verdict !== 'accepted' && <Badge tone="bad">{shown.verdict}</Badge>}
      </p>
      <CertificateFacts certificate={shown} />
      <Disclosure title="The whole chain">
        <Chain name={name} />
      </Disclosure>
      {earlier.length > 0 && (
        <Disclosure title={`Others it has shown (${earlier.length})`}>
          <ol className={styles['chain']}>
            {earlier.map((certificate) => (
              <li key={certificate.sha256}>
                <p className={styles['days']}>
                  <Badge tone="idle">last shown</Badge>
                  <Moment at={certificate.lastSeenAt} />
                </p>
                <CertificateFacts certificate={certificate} />
              </li>
            ))}
          </ol>
        </Disclosure>
      )}
    </Section>
  );
}

function Chain({ name }: { name: string }) {
  const chain = useQuery(chainQuery(name));
  const now = useNow();
  return (
    <Loaded query={chain} what="The chain could not be read">
      {(negotiation) =>
        negotiation ? (
          <>
            <p className={styles['muted']}>
              As shown <Moment at={negotiation.startedAt} relative />. Chain{' '}
              {negotiation.chainCheck.replaceAll('_', ' ')}, name {negotiation.nameCheck.replaceAll('_', ' ')}
              , pin {negotiation.pinCheck.replaceAll('_', ' ')}.{' '}
              <Link to="/tls" search={{ endpoint: name }}>
                All handshakes
              </Link>
            </p>
            <ol className={styles['chain']}>
              {negotiation.peerCertificates.map((certificate, index) => {
                const daysLeft = Math.floor((Date.parse(certificate.notAfter) - now.getTime()) / DAY_MS);
                return (
                  <li key={certificate.sha256}>
                    <p className={styles['days']}>
                      <strong>{index === 0 ? "The server's own" : `Authority ${index}`}</strong>
                      <Badge tone={toneOfDays(Number.isNaN(daysLeft) ? null : daysLeft)}>
                        {daysText(Number.isNaN(daysLeft) ? null : daysLeft)}
                      </Badge>
                    </p>
                    <CertificateFacts certificate={certificate} />
                  </li>
                );
              })}
            </ol>
          </>
        ) : (
          <p className={styles['muted']}>
            No full handshake is among the last ones; resumed sessions show no chain.
          </p>
        )
      }
    </Loaded>
  );
}

type Shown = Pick<Certificate, 'subject' | 'issuer' | 'notBefore' | 'notAfter' | 'sha256' | 'spkiSha256'>;

function CertificateFacts({ certificate }: { certificate: Shown }) {
  const { subject, issuer, notBefore, notAfter, sha256 } = certificate;
  return (
    <Facts>
      <Fact label="Subject" wide>
        <OutsideText text={subject} />
      </Fact>
      <Fact label="Issuer" wide>
        {issuer === subject ? 'itself' : <OutsideText text={issuer} />}
      </Fact>
      <Fact label="Valid from">
        <CertificateMoment text={notBefore} />
      </Fact>
      <Fact label="Valid until">
        <CertificateMoment text={notAfter} />
      </Fact>
      <Fact label="SHA-256 of the certificate" wide>
        <span className={styles['pinText']}>
          <code>{sha256}</code>
          <CopyButton text={sha256} label="Copy the fingerprint" />
        </span>
      </Fact>
      <Fact label="Pin of its key (SPKI)" wide>
        <PinText pin={pinOf(certificate)} />
      </Fact>
    </Facts>
  );
}

/** OpenSSL's text, `Nov 21 20:07:00 2027 GMT`; as it is where it is no date. */
function CertificateMoment({ text }: { text: string }) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? <OutsideText text={text} /> : <Moment at={at.toISOString()} />;
}
