import { describe, expect, it } from 'vitest';
import { readNetwork } from '#egress';
import { findPeer, type Peer } from './peer.ts';

const trustedProxies = ['10.0.0.0/24', '192.0.2.7', '2001:db8:1::/48'].map((text) => {
  const network = readNetwork(text);
  if ('problem' in network) throw new Error(network.problem);
  return network;
});

interface Given {
  connection: string | undefined;
  forwardedFor?: string;
  proto?: string;
  host?: string;
}

function peerOf({ connection, forwardedFor, proto, host }: Given, publicUrl?: URL): Peer {
  const headers = {
    ...(host !== undefined && { host }),
    ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
    ...(proto !== undefined && { 'x-forwarded-proto': proto }),
  };
  const socket = { remoteAddress: connection } as Parameters<typeof findPeer>[0]['socket'];
  return findPeer({ headers, socket }, { trustedProxies, publicUrl });
}

describe('the address of a client', () => {
  it.each<[string, string | undefined, string | undefined, string]>([
    ['is that of the connection', '203.0.113.9', undefined, '203.0.113.9'],
    ['is not what a stranger says', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['is not what a stranger says in the name of a proxy', '203.0.113.9', '1.1.1.1, 10.0.0.5', '203.0.113.9'],
    ['is what a trusted proxy says', '10.0.0.5', '203.0.113.9', '203.0.113.9'],
    [
      'is what the proxy says, not what its client claims',
      '10.0.0.5',
      '127.0.0.1, 203.0.113.9',
      '203.0.113.9',
    ],
    ['comes through two proxies', '10.0.0.5', '1.1.1.1, 203.0.113.9, 192.0.2.7', '203.0.113.9'],
    [
      'ends at the first one who is not trusted',
      '10.0.0.5',
      '10.0.0.6, 203.0.113.9, 192.0.2.7',
      '203.0.113.9',
    ],
    ['is a proxy where all of them are', '10.0.0.5', '10.0.0.6, 192.0.2.7', '10.0.0.6'],
    ['is the proxy where it names nobody', '10.0.0.5', undefined, '10.0.0.5'],
    ['is the proxy where it says unknown', '10.0.0.5', '203.0.113.9, unknown', '10.0.0.5'],
    ['is the proxy where the last entry is empty', '10.0.0.5', '203.0.113.9,', '10.0.0.5'],
    ['is the last one known before nonsense', '10.0.0.5', '203.0.113.9, 300.1.1.1, 192.0.2.7', '192.0.2.7'],
    ['is never an odd spelling of IPv4', '10.0.0.5', '0x7f.1', '10.0.0.5'],
    ['may have a port', '10.0.0.5', '203.0.113.9:55123', '203.0.113.9'],
    ['may be IPv6', '2001:db8:1::1', '2001:DB8:2:0::7', '2001:db8:2::7'],
    ['may be IPv6 with a port', '10.0.0.5', '[2001:db8:2::7]:55123', '2001:db8:2::7'],
    ['may be IPv6 of a zone', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['is IPv4 where a socket of both says IPv6', '::ffff:10.0.0.5', '::ffff:203.0.113.9', '203.0.113.9'],
    ['is unknown where the connection is gone', undefined, '203.0.113.9', 'unknown'],
  ])('%s', (_, connection, forwardedFor, address) => {
    expect(peerOf({ connection, ...(forwardedFor !== undefined && { forwardedFor }) }).address).toBe(address);
  });

  it('is found among a thousand entries', () => {
    const forwardedFor = Array.from({ length: 1_000 }, () => '10.0.0.6').join(', ');
    expect(peerOf({ connection: '10.0.0.5', forwardedFor: `203.0.113.9, ${forwardedFor}` }).address).toBe(
      '203.0.113.9',
    );
  });
});

describe('what the client speaks', () => {
  it.each<[string, Given, Peer['scheme']]>([
    ['is not known without a proxy', { connection: '203.0.113.9' }, undefined],
    ['is not what a stranger says', { connection: '203.0.113.9', proto: 'https' }, undefined],
    [
      'is what a trusted proxy says',
      { connection: '10.0.0.5', forwardedFor: '203.0.113.9', proto: 'https' },
      'https',
    ],
    ['is known of a proxy that names no client', { connection: '10.0.0.5', proto: 'http' }, 'http'],
    [
      'is what the outermost trusted proxy says, where each has added its own',
      { connection: '10.0.0.5', forwardedFor: '203.0.113.9, 192.0.2.7', proto: 'https, http' },
      'https',
    ],
    [
      'is not what its client claims',
      { connection: '10.0.0.5', forwardedFor: '1.1.1.1, 203.0.113.9', proto: 'https, http' },
      'http',
    ],
    ['is nothing else', { connection: '10.0.0.5', proto: 'HTTPS://x' }, undefined],
  ])('%s', (_, given, scheme) => {
    expect(peerOf(given).scheme).toBe(scheme);
  });
});

describe('a page of ours', () => {
  it('is one of the host that was asked, over http or https where nobody says which', () => {
    expect(peerOf({ connection: '203.0.113.9', host: 'Waybill.Example:443' }).origins).toEqual([
      'http://waybill.example:443',
      'https://waybill.example',
    ]);
  });

  it('is one over https where the proxy was asked over https', () => {
    const behind = { connection: '10.0.0.5', proto: 'https', host: 'waybill.example' };
    expect(peerOf(behind).origins).toEqual(['https://waybill.example']);
  });

  it('is one of the public address, whatever host the proxy asks for', () => {
    const behind = { connection: '10.0.0.5', proto: 'https', host: '10.0.0.20:8421' };
    expect(peerOf(behind, new URL('https://waybill.example/')).origins).toEqual([
      'https://waybill.example',
      'https://10.0.0.20:8421',
    ]);
  });

  it.each(['evil@waybill.example', 'waybill.example/x', '', 'a b', 'waybill.example:99999'])(
    'has no host like %j',
    (host) => {
      expect(peerOf({ connection: '203.0.113.9', host }).origins).toEqual([]);
    },
  );
});

it('knows that somebody stands in front where a proxy or a public address is named', () => {
  const asked = { headers: {}, socket: { remoteAddress: '127.0.0.1' } } as Parameters<typeof findPeer>[0];
  const frontedBy = (http: Partial<Parameters<typeof findPeer>[1]>) =>
    findPeer(asked, { trustedProxies: [], publicUrl: undefined, ...http }).fronted;
  expect(frontedBy({})).toBe(false);
  expect(frontedBy({ trustedProxies })).toBe(true);
  expect(frontedBy({ publicUrl: new URL('https://waybill.example') })).toBe(true);
});
