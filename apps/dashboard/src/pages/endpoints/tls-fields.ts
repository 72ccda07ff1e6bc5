import type { FieldSpec } from '../../forms/field-spec.ts';
import { isFtps } from './when-protocol.ts';

/** Whom we take for the partner. */
export const TRUST: readonly FieldSpec[] = [
  {
    kind: 'certificates',
    path: 'tls.ca',
    label: 'Trusted authorities',
    hint: "Who may vouch for the server's certificate. With none given, the authorities of the system.",
    default: [],
    applies: isFtps,
  },
  {
    kind: 'list',
    path: 'tls.pins',
    label: 'Pinned keys',
    hint: "Only servers with one of these keys are talked to; add the next one before the partner's key changes. With none given, a valid certificate is enough.",
    item: 'a pin',
    placeholder: 'sha256/…',
    default: [],
    mono: true,
    applies: isFtps,
  },
  {
    kind: 'text',
    path: 'tls.serverName',
    label: 'Name in the certificate',
    hint: 'Sent as SNI and looked for in the certificate. Default: the host.',
    trim: true,
    applies: isFtps,
  },
];

/** Who we are to the partner. */
export const CLIENT_CERTIFICATE: readonly FieldSpec[] = [
  {
    kind: 'group',
    path: 'tls.clientCertificate',
    label: 'Show a certificate of our own',
    hint: 'For servers that ask for one.',
    applies: isFtps,
  },
  {
    kind: 'certificate',
    path: 'tls.clientCertificate.cert',
    label: 'Our certificate',
    hint: 'PEM, with its chain behind it.',
    applies: isFtps,
  },
  {
    kind: 'reference',
    path: 'tls.clientCertificate.key',
    label: 'Its private key',
    hint: 'PEM.',
    applies: isFtps,
  },
  {
    kind: 'reference',
    path: 'tls.clientCertificate.pkcs12',
    label: 'PKCS#12 instead',
    hint: 'Certificate and key in one file; base64 in a secret or a variable. Then neither certificate nor key above.',
    applies: isFtps,
  },
  {
    kind: 'reference',
    path: 'tls.clientCertificate.passphrase',
    label: 'Passphrase',
    hint: 'Of the key or the PKCS#12 file, where it has one.',
    applies: isFtps,
  },
];

const VERSIONS = [
  { value: 'TLSv1.2', label: 'TLS 1.2' },
  { value: 'TLSv1.3', label: 'TLS 1.3' },
] as const;

export const TLS: readonly FieldSpec[] = [
  {
    kind: 'choice',
    path: 'tls.minVersion',
    label: 'Oldest TLS version',
    hint: 'Nothing older is spoken.',
    default: 'TLSv1.2',
    options: VERSIONS,
    applies: isFtps,
  },
  {
    kind: 'choice',
    path: 'tls.maxVersion',
    label: 'Newest TLS version',
    hint: 'Only for servers that stumble over a newer one.',
    absent: 'The newest there is',
    options: VERSIONS,
    applies: isFtps,
  },
  {
    kind: 'choice',
    path: 'tls.sessionReuse',
    label: 'Session reuse on data connections',
    hint: 'The data connection takes up the TLS session of the control connection, which proves that both lead to the same server.',
    default: 'required',
    applies: isFtps,
    options: [
      { value: 'required', label: 'Required', means: 'A data connection that is not resumed is refused.' },
      {
        value: 'preferred',
        label: 'Preferred',
        means: 'For servers that do not resume. The certificate is checked anew each time.',
      },
      { value: 'off', label: 'Off', means: 'Every data connection makes a full handshake.' },
    ],
  },
  {
    kind: 'choice',
    path: 'tls.closeNotify',
    label: 'End of a listing',
    default: 'required',
    applies: isFtps,
    options: [
      {
        value: 'required',
        label: 'close_notify required',
        means: 'A listing that does not end properly counts as cut off.',
      },
      {
        value: 'waived',
        label: "The server's word is enough",
        means: 'For servers that never send close_notify. Somebody in between could cut a listing short.',
      },
    ],
  },
];
