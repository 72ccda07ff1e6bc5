import type { FieldSpec, FormValues } from '../../forms/field-spec.ts';
import { isFtps } from './when-protocol.ts';

const isImplicit = (values: FormValues) => values['mode'] === 'implicit';

/** Each of these gives up a part of the protection, and is refused unless the installation allows its legacy policy. */
export const LEGACY_FIELDS: readonly FieldSpec[] = [
  {
    kind: 'choice',
    path: 'tls.dataProtection',
    label: 'Data connections',
    default: 'private',
    applies: isFtps,
    options: [
      { value: 'private', label: 'Protected (PROT P)', means: 'Files and listings are encrypted.' },
      {
        value: 'clear',
        label: 'In clear (PROT C, legacy)',
        means:
          'Every file and listing can be read and changed on the way. Needs the legacy policy clear_data.',
      },
    ],
  },
  {
    kind: 'flag',
    path: 'tls.clearCommandChannel',
    label: 'Commands in clear after the login (CCC, legacy)',
    hint: 'For firewalls that read PASV replies.',
    default: false,
    means: {
      on: 'File names can be read and commands changed on the way. Needs the legacy policy clear_command_channel.',
      off: '',
    },
    applies: isFtps,
    onlyDefault: isImplicit,
  },
  {
    kind: 'choices',
    path: 'tls.auth',
    label: 'AUTH words',
    hint: 'Tried in this order.',
    default: ['TLS'],
    applies: isFtps,
    onlyDefault: isImplicit,
    options: [
      { value: 'TLS', label: 'TLS', means: 'RFC 4217: what every server of today takes.' },
      {
        value: 'TLS-C',
        label: 'TLS-C (legacy)',
        means: 'Older than RFC 4217. Needs the legacy policy auth_tls_c.',
      },
      {
        value: 'SSL',
        label: 'SSL (legacy)',
        means: 'Older than RFC 4217. Needs the legacy policy auth_ssl.',
      },
    ],
  },
];
