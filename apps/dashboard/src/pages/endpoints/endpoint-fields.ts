import type { FieldSpec, FormValues } from '../../forms/field-spec.ts';
import { readPath } from '../../forms/path.ts';
import { LEGACY_FIELDS } from './legacy-fields.ts';

const isServer = (values: FormValues) => values['protocol'] !== 'local';
export const isFtps = (values: FormValues) => values['protocol'] === 'ftps';
const isLocal = (values: FormValues) => values['protocol'] === 'local';
const isActive = (values: FormValues) => readPath(values, 'has.active') === true;
const dialsAdvertised = (values: FormValues) =>
  isServer(values) && !isActive(values) && readPath(values, 'passive.addressPolicy') === 'advertised';

const COMMON: readonly FieldSpec[] = [
  {
    kind: 'text',
    path: 'name',
    label: 'Name',
    hint: 'Letters, digits, dots, dashes and underscores. It stands in routes and in the evidence, and never changes.',
    placeholder: 'acme-inbox',
    required: true,
    trim: true,
  },
  {
    kind: 'text',
    path: 'partner',
    label: 'Partner',
    hint: 'Whose server it is. Empty for your own directories.',
    trim: true,
  },
  {
    kind: 'choice',
    path: 'protocol',
    label: 'Protocol',
    required: true,
    default: 'ftps',
    options: [
      { value: 'ftps', label: 'FTPS', means: 'A server of a partner, over TLS.' },
      { value: 'local', label: 'Local directory', means: 'A directory that the workers can reach.' },
      {
        value: 'ftp',
        label: 'FTP without TLS (legacy)',
        means:
          'The password and every file go in clear: whoever is on the way reads and changes them. It works only where the installation allows the legacy policy plain_ftp.',
      },
    ],
  },
  {
    kind: 'choice',
    path: 'mode',
    label: 'TLS begins',
    default: 'explicit',
    applies: isFtps,
    options: [
      { value: 'explicit', label: 'After AUTH TLS (explicit)', means: 'Usually on port 21. The common way.' },
      { value: 'implicit', label: 'At once (implicit)', means: 'Usually on port 990.' },
    ],
  },
  {
    kind: 'text',
    path: 'host',
    label: 'Host',
    hint: 'Name or address of the server.',
    placeholder: 'ftp.acme.example',
    required: true,
    trim: true,
    applies: isServer,
  },
  {
    kind: 'number',
    path: 'port',
    label: 'Port',
    defaultText: '21, for implicit TLS 990',
    applies: isServer,
  },
  {
    kind: 'text',
    path: 'username',
    label: 'User name',
    hint: 'As the partner gave it.',
    required: true,
    applies: isServer,
  },
  {
    kind: 'reference',
    path: 'password',
    label: 'Password',
    hint: 'Where it is found. The password itself is never part of the configuration.',
    required: true,
    applies: isServer,
  },
  {
    kind: 'text',
    path: 'root',
    label: 'Directory',
    hint: 'Absolute, as the workers see it. Nothing outside of it is ever touched.',
    placeholder: '/srv/exchange/inbox',
    required: true,
    applies: isLocal,
  },
  {
    kind: 'number',
    path: 'maxSessions',
    label: 'Sessions at once',
    hint: 'What all workers together may hold open here.',
    defaultText: '4, for a local directory 16',
  },
];

const TRUST: readonly FieldSpec[] = [
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

const CLIENT_CERTIFICATE: readonly FieldSpec[] = [
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

const TLS: readonly FieldSpec[] = [
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

const DATA: readonly FieldSpec[] = [
  {
    kind: 'choice',
    path: 'passive.command',
    label: 'Passive command',
    default: 'auto',
    applies: isServer,
    onlyDefault: isActive,
    options: [
      {
        value: 'auto',
        label: 'EPSV, then PASV',
        means: 'PASV where EPSV is refused or its port cannot be reached.',
      },
      { value: 'epsv', label: 'EPSV only' },
      { value: 'pasv', label: 'PASV only' },
    ],
  },
  {
    kind: 'choice',
    path: 'passive.addressPolicy',
    label: 'Address of data connections',
    default: 'control_host',
    applies: isServer,
    onlyDefault: isActive,
    options: [
      {
        value: 'control_host',
        label: 'That of the control connection',
        means: 'Whatever PASV states, the same host is dialled. Right behind nearly every firewall.',
      },
      {
        value: 'advertised',
        label: 'What PASV states',
        means: 'For servers whose data connections end at another address.',
      },
    ],
  },
  {
    kind: 'list',
    path: 'passive.advertisedNetworks',
    label: 'Networks it may state',
    hint: 'With none given, any address but loopback and link-local.',
    item: 'a network',
    placeholder: '203.0.113.0/24',
    applies: dialsAdvertised,
  },
  {
    kind: 'group',
    path: 'active',
    label: 'Active: the server connects to us',
    hint: 'Instead of passive. Needs ports of the workers that the partner can reach.',
    applies: isServer,
  },
  {
    kind: 'text',
    path: 'active.ports',
    label: 'Our ports',
    hint: 'First and last one.',
    placeholder: '50000-50100',
    trim: true,
    applies: isServer,
  },
  {
    kind: 'text',
    path: 'active.address',
    label: 'Our address',
    hint: 'What we state. Default: our address on the control connection.',
    placeholder: '198.51.100.7',
    trim: true,
    applies: isServer,
  },
];

const PROXY: readonly FieldSpec[] = [
  {
    kind: 'group',
    path: 'proxy',
    label: 'Through a proxy',
    hint: 'Control and data connections go through it.',
    applies: isServer,
  },
  {
    kind: 'choice',
    path: 'proxy.kind',
    label: 'Kind',
    applies: isServer,
    options: [
      { value: 'socks5', label: 'SOCKS 5' },
      { value: 'http_connect', label: 'HTTP CONNECT' },
    ],
  },
  {
    kind: 'text',
    path: 'proxy.host',
    label: 'Host of the proxy',
    placeholder: 'proxy.example',
    trim: true,
    applies: isServer,
  },
  { kind: 'number', path: 'proxy.port', label: 'Port of the proxy', applies: isServer },
  {
    kind: 'text',
    path: 'proxy.username',
    label: 'User name at the proxy',
    hint: 'Empty where it asks for none.',
    applies: isServer,
  },
  { kind: 'reference', path: 'proxy.password', label: 'Password at the proxy', applies: isServer },
];

const SERVER: readonly FieldSpec[] = [
  {
    kind: 'text',
    path: 'encoding',
    label: 'Encoding of names',
    hint: 'How the server writes file names: utf8, latin1, cp1252, cp437, …',
    default: 'utf8',
    trim: true,
    applies: isServer,
  },
  {
    kind: 'choice',
    path: 'transferType',
    label: 'Transfer type',
    default: 'binary',
    applies: isServer,
    options: [
      { value: 'binary', label: 'Binary', means: 'Every byte as it is.' },
      {
        value: 'text',
        label: 'Text (TYPE A)',
        means:
          'The server converts line ends. Sizes, hashes and resuming mean nothing then: routes to it need verify: none.',
      },
    ],
  },
  {
    kind: 'number',
    path: 'keepAliveMs',
    label: 'Sign of life',
    hint: 'An idle session sends NOOP this often; 0 is never.',
    default: 30_000,
    unit: { label: 's', factor: 1_000 },
    applies: isServer,
  },
  {
    kind: 'flag',
    path: 'pipelining',
    label: 'Pipelining',
    hint: 'Commands for the next file go out before the last one is confirmed. Turn it on when the doctor saw it work.',
    default: false,
    applies: isServer,
  },
  {
    kind: 'text',
    path: 'virtualHost',
    label: 'Virtual host',
    hint: 'Sent as HOST (RFC 7151), for servers with several sites on one address.',
    trim: true,
    applies: isServer,
  },
  {
    kind: 'reference',
    path: 'account',
    label: 'Account',
    hint: 'Sent as ACCT, for servers that ask for one after the password.',
    applies: isServer,
  },
];

const MAINFRAME: readonly FieldSpec[] = [
  {
    kind: 'group',
    path: 'site',
    label: 'Mainframe settings (SITE)',
    hint: 'Sent to z/OS before an upload.',
    applies: isServer,
  },
  {
    kind: 'choice',
    path: 'site.recordFormat',
    label: 'Record format',
    absent: 'As the server has it',
    options: ['F', 'FB', 'V', 'VB', 'U'].map((value) => ({ value, label: value })),
    applies: isServer,
  },
  {
    kind: 'number',
    path: 'site.recordLength',
    label: 'Record length',
    hint: '1 to 32760.',
    applies: isServer,
  },
  {
    kind: 'number',
    path: 'site.blockSize',
    label: 'Block size',
    hint: '0 lets z/OS choose.',
    applies: isServer,
  },
  {
    kind: 'choice',
    path: 'site.fileType',
    label: 'File type',
    absent: 'As the server has it',
    options: [
      { value: 'SEQ', label: 'SEQ', means: 'Data sets.' },
      { value: 'JES', label: 'JES', means: 'Jobs.' },
    ],
    applies: isServer,
  },
];

/** Every option of an endpoint: the form, the facts of its page and its history are made of these. */
export const ENDPOINT_FIELDS: readonly FieldSpec[] = [
  ...COMMON,
  ...TRUST,
  ...CLIENT_CERTIFICATE,
  ...TLS,
  ...DATA,
  ...PROXY,
  ...SERVER,
  ...MAINFRAME,
  ...LEGACY_FIELDS,
];

/** Where each stands: the common things first. */
export const ENDPOINT_SECTIONS = {
  common: COMMON,
  trust: TRUST,
  clientCertificate: CLIENT_CERTIFICATE,
  tls: TLS,
  data: DATA,
  proxy: PROXY,
  server: SERVER,
  mainframe: MAINFRAME,
  legacy: LEGACY_FIELDS,
} as const;
