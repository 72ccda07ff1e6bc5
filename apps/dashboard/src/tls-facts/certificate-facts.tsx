import type { TlsNegotiation } from '#contract';
import { CopyButton } from '../ui/copy-button.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Moment } from '../ui/moment.tsx';
import { OutsideText } from '../ui/outside-text.tsx';
import styles from './tls-facts.module.css';

type Certificate = Pick<
  TlsNegotiation['peerCertificates'][number],
  'subject' | 'issuer' | 'notBefore' | 'notAfter' | 'sha256' | 'spkiSha256'
>;

/** What a certificate says of itself, and what a pin would name. */
export function CertificateFacts({ certificate }: { certificate: Certificate }) {
  const { subject, issuer, notBefore, notAfter, sha256, spkiSha256 } = certificate;
  return (
    <Facts>
      <Fact label="Subject" wide>
        <OutsideText text={subject} />
      </Fact>
      <Fact label="Issuer" wide>
        {issuer === subject ? 'itself' : <OutsideText text={issuer} />}
      </Fact>
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

/** OpenSSL's text, `Nov 21 20:07:00 2027 GMT`, or an instant; as it is where it is no date. */
function Validity({ text }: { text: string }) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? <OutsideText text={text} /> : <Moment at={at.toISOString()} />;
}
