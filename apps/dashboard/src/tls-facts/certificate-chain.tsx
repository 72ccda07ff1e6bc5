import type { TlsNegotiation } from '#contract';
import { CopyButton } from '../ui/copy-button.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Moment } from '../ui/moment.tsx';
import { useNow } from '../ui/now.ts';
import { OutsideText } from '../ui/outside-text.tsx';
import { Badge } from '../ui/state-badge.tsx';
import { daysLeftOf, daysSay } from './group-negotiations.ts';
import styles from './tls-facts.module.css';

type Certificate = TlsNegotiation['peerCertificates'][number];

/** What the server showed, its own certificate first. */
export function CertificateChain({ certificates }: { certificates: readonly Certificate[] }) {
  const now = useNow();
  return (
    <ol className={styles['chain']} aria-label="Certificate chain">
      {certificates.map((certificate, index) => {
        const { tone, says } = daysSay(daysLeftOf(certificate.notAfter, now));
        const { sha256, spkiSha256, subject, issuer, notBefore, notAfter } = certificate;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a server may show one twice; its place is what it is
          <li key={index} className={styles['certificate']}>
            <p className={styles['line']}>
              <strong>{index === 0 ? "Server's certificate" : `Authority ${index}`}</strong>
              <Badge tone={tone}>{says}</Badge>
            </p>
            <Facts>
              <Fact label="Subject">
                <OutsideText text={subject} />
              </Fact>
              <Fact label="Issuer">{issuer === subject ? 'itself' : <OutsideText text={issuer} />}</Fact>
              <Fact label="Valid from">
                <Validity text={notBefore} />
              </Fact>
              <Fact label="Valid until">
                <Validity text={notAfter} />
              </Fact>
              <Fact label="SHA-256 of the certificate" wide>
                <Copied text={sha256} label="Copy the fingerprint" />
              </Fact>
              <Fact label="SPKI (what a pin names)" wide>
                <Copied text={`sha256/${spkiSha256}`} label="Copy the pin" />
              </Fact>
            </Facts>
          </li>
        );
      })}
    </ol>
  );
}

function Copied({ text, label }: { text: string; label: string }) {
  return (
    <span className={styles['copied']}>
      <code>{text}</code>
      <CopyButton text={text} label={label} />
    </span>
  );
}

/** As it is where it is no date. */
function Validity({ text }: { text: string }) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? <OutsideText text={text} /> : <Moment at={at.toISOString()} />;
}
