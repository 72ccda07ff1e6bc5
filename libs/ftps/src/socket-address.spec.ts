import { expect, test } from 'vitest';
import { hostAndPort, isIpv6Peer, plainAddress } from './socket-address.ts';

test.each([
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:999.0.2.1', '::ffff:999.0.2.1'],
  ['ftp.partner.example', 'ftp.partner.example'],
])('%s is %s', (told, plain) => expect(plainAddress(told)).toBe(plain));

test('only an IPv6 address is one: neither IPv4 behind an IPv6 socket nor a name', () => {
  expect(['::1', 'fe80::1%eth0', '::ffff:192.0.2.1', '192.0.2.1', 'localhost'].map(isIpv6Peer)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('an IPv6 address stands in brackets before its port', () => {
  expect(['::1', '192.0.2.1', 'ftp.partner.example'].map((host) => hostAndPort(host, 21))).toEqual([
    '[::1]:21',
    '192.0.2.1:21',
    'ftp.partner.example:21',
  ]);
});
