import type { FieldSpec, FormValues } from '../../forms/field-spec.ts';
import { readPath } from '../../forms/path.ts';
import { isServer } from './when-protocol.ts';

const isActive = (values: FormValues) => readPath(values, 'has.active') === true;
const dialsAdvertised = (values: FormValues) =>
  isServer(values) && !isActive(values) && readPath(values, 'passive.addressPolicy') === 'advertised';

export const DATA: readonly FieldSpec[] = [
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

export const PROXY: readonly FieldSpec[] = [
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

export const SERVER: readonly FieldSpec[] = [
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

export const MAINFRAME: readonly FieldSpec[] = [
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
