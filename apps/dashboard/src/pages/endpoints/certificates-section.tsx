import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PostureObject } from '#contract';
import { CertificateChain } from '../../tls-facts/certificate-chain.tsx';
import { CertificateFacts } from '../../tls-facts/certificate-facts.tsx';
import { DaysBadge } from '../../tls-facts/days-badge.tsx';
import { showCount } from '../../ui/amounts.ts';
import { Disclosure } from '../../ui/disclosure.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { chainQuery } from './endpoint-queries.ts';
import styles from './trust.module.css';

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
        <DaysBadge daysLeft={shown.daysLeft} />
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
            <CertificateChain certificates={negotiation.peerCertificates} />
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
