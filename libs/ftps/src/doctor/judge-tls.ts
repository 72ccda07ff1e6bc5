import { X509Certificate } from 'node:crypto';
import type { PeerCertificate, TlsNegotiation, TlsPolicy } from '#domain';
import { count, enumerate, failed, type Judgement, note, ok, warning } from './notebook.ts';
import type { TlsScan } from './scan-tls.ts';

const DAY_MS = 86_400_000;
/** Less than this to the end: time to ask the partner for the next one. */
const SOON_DAYS = 30;

export function judgeVersions(scan: Pick<TlsScan, 'accepted' | 'interrupted'>, tls: TlsPolicy): Judgement {
  const versions = scan.accepted.map(({ version }) => version);
  if (versions.length === 0)
    return failed(
      scan.interrupted
        ? 'Which TLS versions the server accepts could not be found out: the connection failed before TLS began.'
        : 'The server accepts neither TLS 1.3 nor TLS 1.2 with a cipher of today. The partner has to switch one on.',
    );
  const shown = enumerate(versions.map(versionName));
  const { minVersion, maxVersion = 'TLSv1.3' } = tls;
  if (!versions.some((version) => version >= minVersion && version <= maxVersion))
    return failed(`The server accepts ${shown} only, which this endpoint does not allow.`, {
      [versions[0]! < minVersion ? 'tls.minVersion' : 'tls.maxVersion']: versions[0]!,
    });
  if (!versions.includes('TLSv1.3'))
    return note(
      `The server accepts ${shown}, not yet TLS 1.3. That is still good; ask the partner for its plans.`,
    );
  return ok(`The server accepts ${shown}.`);
}

export function judgeCiphers({ accepted, handshakes }: Pick<TlsScan, 'accepted' | 'handshakes'>): Judgement {
  const shown = accepted.map(({ version, ciphers }) => `${versionName(version)}: ${ciphers.join(', ')}`);
  return ok(`In the order of the server's choice, ${shown.join('; ')} (${count(handshakes, 'handshake')}).`);
}

function versionName(version: string): string {
  return version.replace('TLSv', 'TLS ');
}

/** What the endpoint's own handshake brought to light. */
export interface CertificateFacts {
  fact: Pick<
    TlsNegotiation,
    | 'peerCertificates'
    | 'nameCheck'
    | 'pinCheck'
    | 'chainCheck'
    | 'error'
    | 'protocol'
    | 'cipher'
    | 'keyExchangeGroup'
  >;
  leafPem: string | null;
  /** The name that had to be in the certificate. */
  expectedName: string;
  tls: Pick<TlsPolicy, 'ca' | 'pins'>;
  /** No authority vouched for the certificate, but its key is pinned: it was trusted for that. */
  trustedByPin: boolean;
  now: Date;
}

/** `tls`, `certificate`, `authority`, `name`, `pin`, in this order; what was not seen has no judgement. */
export function judgeCertificate(facts: CertificateFacts): [step: string, judgement: Judgement][] {
  const [leaf] = facts.fact.peerCertificates;
  if (!leaf) return [['certificate', judgeNoCertificate(facts)]];
  const judgements: [string, Judgement][] = [
    ['tls', judgeAgreement(facts)],
    ['certificate', judgeDates(leaf, facts)],
    ['authority', judgeAuthority(leaf, facts)],
    ['name', judgeName(facts)],
  ];
  if (facts.tls.pins.length > 0) judgements.push(['pin', judgePin(leaf, facts)]);
  return judgements;
}

function judgeAgreement({ fact }: CertificateFacts): Judgement {
  const exchange = fact.keyExchangeGroup === null ? '' : `, key exchange ${fact.keyExchangeGroup}`;
  return ok(
    `With the settings of this endpoint: ${versionName(fact.protocol ?? 'TLS')}, ${fact.cipher ?? 'no cipher'}${exchange}.`,
  );
}

function judgeNoCertificate({ fact }: CertificateFacts): Judgement {
  return failed(
    fact.error === 'tls_client_certificate_refused'
      ? 'The server refused or demands our client certificate. Check `tls.clientCertificate` with the partner.'
      : 'The handshake with the settings of this endpoint failed before the server showed a certificate: no common version or cipher. Compare the versions above with `tls.minVersion`.',
  );
}

function judgeDates(leaf: PeerCertificate, { fact, now }: CertificateFacts): Judgement {
  const chain = fact.peerCertificates.map(({ subject }) => nameIn(subject));
  const who = `${nameIn(leaf.subject)}, issued by ${nameIn(leaf.issuer)}${chain.length > 1 ? ` (chain: ${chain.join(' < ')})` : ''}`;
  const days = Math.floor((Date.parse(leaf.notAfter) - now.getTime()) / DAY_MS);
  const until = leaf.notAfter.slice(0, 10);
  if (Date.parse(leaf.notBefore) > now.getTime())
    return failed(
      `${who}. It is valid only from ${leaf.notBefore.slice(0, 10)} on. Check our clock; otherwise the partner has to correct it.`,
    );
  if (Date.parse(leaf.notAfter) <= now.getTime())
    return failed(`${who}. It expired on ${until}. The partner has to renew it; nothing is sent until then.`);
  const left = `Valid until ${until}, ${count(days, 'day')} left`;
  if (days < SOON_DAYS)
    return warning(`${who}. ${left}: ask the partner when the next one comes, and whether its key changes.`);
  return ok(`${who}. ${left}.`);
}

function judgeAuthority(leaf: PeerCertificate, facts: CertificateFacts): Judgement {
  const { fact, tls, trustedByPin } = facts;
  if (trustedByPin)
    return ok('No known authority signed the certificate; it is trusted because its key is the pinned one.');
  if (fact.chainCheck === 'passed')
    return ok(
      tls.ca.length > 0
        ? 'An authority in `tls.ca` vouches for the certificate.'
        : "One of this machine's authorities vouches for the certificate.",
    );
  if (fact.error === 'tls_certificate_expired')
    return note('Who signed the certificate was not judged: its dates come first.');
  const pin = `sha256/${leaf.spkiSha256}`;
  const unknown = 'Nobody whom this endpoint trusts vouches for the certificate, so nobody logged in.';
  // With other pins configured, an unknown key is not to be waved through.
  if (tls.pins.length > 0 && fact.pinCheck === 'failed')
    return failed(`${unknown} Its key is not a pinned one either; see \`pin\`.`);
  return failed(
    `${unknown} Set \`tls.ca\` to the partner's authority, or pin the key the server showed: \`tls.pins: ["${pin}"]\`. Confirm this value with the partner first, by telephone and not by e-mail: whoever sits in between would show a key too.`,
    { 'tls.pins': [pin] },
  );
}

function judgeName({ fact, leafPem, expectedName }: CertificateFacts): Judgement {
  if (fact.nameCheck === 'passed') return ok(`The certificate is for ${expectedName}.`);
  const names = leafPem === null ? [] : alternativeNames(leafPem);
  if (names.length === 0)
    return failed(
      `The certificate names no host at all (no subject alternative name), so it cannot prove that it is ${expectedName}. The partner has to issue a better one.`,
    );
  const usable = names.find((name) => !name.startsWith('*'));
  const says = `The certificate is for ${enumerate(names)}, not for ${expectedName}.`;
  return usable === undefined
    ? failed(`${says} Set \`host\` or \`tls.serverName\` to a name it covers, if the partner confirms it.`)
    : failed(`${says} If the partner confirms that this is its server, expect that name.`, {
        'tls.serverName': usable,
      });
}

function judgePin(leaf: PeerCertificate, { fact, tls }: CertificateFacts): Judgement {
  if (fact.pinCheck === 'passed')
    return ok(
      tls.pins.length > 1
        ? `The key is one of the ${tls.pins.length} pinned ones.`
        : 'The key is the pinned one. For a change of keys, the next pin can stand beside it.',
    );
  return failed(
    `The server showed a key that is not pinned. Ask the partner whether the key was changed; only if it says so, add the new pin.`,
    { 'tls.pins': [...tls.pins, `sha256/${leaf.spkiSha256}`] },
  );
}

/** DNS names and addresses of a certificate, in its order. */
export function alternativeNames(pem: string): string[] {
  const { subjectAltName = '' } = new X509Certificate(pem);
  return [...subjectAltName.matchAll(/(?:DNS|IP Address):([\w.*:-]+)/g)].map(([, name]) => name!);
}

/** The common name, else all of it. */
function nameIn(distinguishedName: string): string {
  return /(?:^|, )CN=([^,]+)/.exec(distinguishedName)?.[1] ?? (distinguishedName || 'nobody');
}
