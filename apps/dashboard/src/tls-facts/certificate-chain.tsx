import type { TlsNegotiation } from '#contract';
import { useNow } from '../ui/now.ts';
import { daysLeftOf } from './certificate-days.ts';
import { CertificateFacts } from './certificate-facts.tsx';
import { DaysBadge } from './days-badge.tsx';
import styles from './tls-facts.module.css';

/** What the server showed, its own certificate first. */
export function CertificateChain({
  certificates,
}: {
  certificates: readonly TlsNegotiation['peerCertificates'][number][];
}) {
  const now = useNow();
  return (
    <ol className={styles['chain']} aria-label="Certificate chain">
      {certificates.map((certificate, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a server may show one twice; its place is what it is
        <li key={index} className={styles['certificate']}>
          <p className={styles['line']}>
            <strong>{index === 0 ? "Server's certificate" : `Authority ${index}`}</strong>
            <DaysBadge daysLeft={daysLeftOf(certificate.notAfter, now)} />
          </p>
          <CertificateFacts certificate={certificate} />
        </li>
      ))}
    </ol>
  );
}
