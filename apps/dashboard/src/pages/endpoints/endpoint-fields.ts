import type { FieldSpec } from '../../forms/field-spec.ts';
import { LEGACY_FIELDS } from './legacy-fields.ts';
import { DATA, MAINFRAME, PROXY, SERVER } from './server-fields.ts';
import { CLIENT_CERTIFICATE, TLS, TRUST } from './tls-fields.ts';
import { isFtps, isLocal, isServer } from './when-protocol.ts';

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
