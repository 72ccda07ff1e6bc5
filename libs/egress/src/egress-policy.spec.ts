import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAddress } from './address.ts';
import { ADDRESS_CLASSES, type AddressClass, classOfAddress, isOrdinary } from './address-class.ts';
import { type Destination, type EgressLists, egressRefusal } from './egress-policy.ts';
import { type EgressRule, readRule, USUAL_RULES, writeRule } from './egress-rule.ts';

function rules(list: string): EgressRule[] {
  return list.split(',').map((item) => {
    const rule = readRule(item);
    if ('problem' in rule) throw new Error(`${item} ${rule.problem}`);
    return rule;
  });
}

const lists = (allow: string, deny?: string): EgressLists => ({
  allow: rules(allow),
  deny: deny === undefined ? [] : rules(deny),
});
const usual: EgressLists = { allow: USUAL_RULES, deny: [] };

/** `name=address` is a name that was resolved, `name` one that a proxy resolves. */
function to(text: string, port = 990, channel: Destination['channel'] = 'control'): Destination {
  const [host = '', address] = text.split('=');
  return { host, address, port, channel };
}

describe('the class of an address', () => {
  const CLASSES: Record<AddressClass, string[]> = {
    public: ['1.1.1.1', '11.0.0.1', '172.15.255.255', '172.32.0.1', '2606:4700::1111', '64:ff9b::1.1.1.1'],
    private: [
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      'fd12::1',
      '2002:a00:1::',
    ],
    loopback: [
      '127.0.0.1',
      '127.255.255.254',
      '::1',
      '::ffff:127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::1',
    ],
    link_local: ['169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'febf::1', '64:ff9b::169.254.0.1'],
    metadata: [
      ...['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::'],
      ...[
        '169.254.170.2',
        'fd00:ec2::254',
        'fd20:ce::254',
        '100.100.100.200',
        '192.0.0.192',
        '168.63.129.16',
      ],
    ],
    unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
    multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
    reserved: [
      ...['192.0.0.1', '192.0.2.1', '198.18.0.1', '203.0.113.1', '240.0.0.1', '255.255.255.255'],
      ...[
        '::2',
        '::127.0.0.1',
        '64:ff9b:1::1.1.1.1',
        '2001::1',
        '2001:db8::1',
        '3fff::1',
        '100::1',
        'fec0::1',
      ],
      ...['4000::1', '1::1', 'f000::1'],
    ],
  };
  it.each(ADDRESS_CLASSES)('%s', (addressClass) => {
    for (const text of CLASSES[addressClass])
      expect([text, classOfAddress(readAddress(text)!)]).toEqual([text, addressClass]);
  });
});

describe('when nobody has said anything', () => {
  it.each([
    'ftp.partner.example=1.1.1.1',
    'inside.example=10.1.2.3',
    '1.1.1.1',
    '192.168.0.9',
    'ftp.partner.example',
  ])('%s is allowed', (text) => {
    expect(egressRefusal(usual, to(text))).toBeUndefined();
    expect(egressRefusal(usual, to(text, 50_000, 'data'))).toBeUndefined();
  });

  it.each([
    ...['127.0.0.1', 'localhost=127.0.0.1', 'ftp.partner.example=127.0.0.1', 'ftp.partner.example=::1'],
    ...['169.254.169.254', 'ftp.partner.example=::ffff:169.254.169.254', '0.0.0.0', '::', 'fe80::1%eth0'],
    ...['224.0.0.1', '255.255.255.255', '2130706433', '0x7f.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
    // Names that a proxy would resolve.
    ...[
      'localhost',
      'LOCALHOST.',
      'x.localhost',
      'localhost.localdomain',
      'ip6-localhost',
      'metadata.google.internal',
    ],
    // No hosts at all.
    ...['', '010.0.0.1', 'ftp.partner.example\r\nX', 'ftp.partner.example=no-address'],
  ])('%j is refused', (text) => {
    expect(egressRefusal(usual, to(text))).toEqual(expect.any(String));
    expect(egressRefusal(usual, to(text, 50_000, 'data'))).toEqual(expect.any(String));
  });

  it('no spelling of whatever kind leads out of the ordinary', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4Extended(), fc.ipV4(), fc.ipV6()), (text) => {
        if (egressRefusal(usual, to(text)) !== undefined) return;
        expect(isOrdinary(classOfAddress(readAddress(text)!))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('the sentence names the place, its class and the variable', () => {
    expect(egressRefusal(usual, to('ftp.partner.example=127.0.0.1'))).toBe(
      '127.0.0.1 (ftp.partner.example), a loopback address (`loopback`), is not on the allow list (WAYBILL_EGRESS_ALLOW)',
    );
  });
});

describe('for hosts that somebody limited has named', () => {
  const forLimited = (of: EgressLists, text: string, port?: number) =>
    egressRefusal(of, { ...to(text, port), publicOnly: true });

  it('classes allow what is public, and nothing inside', () => {
    const open = lists('public,private,loopback,link_local,metadata');
    for (const text of ['1.1.1.1', 'hooks.example=2606:4700::1111', 'hooks.example'])
      expect([text, forLimited(open, text)]).toEqual([text, undefined]);
    for (const text of [
      '10.0.0.5',
      'hooks.example=10.0.0.5',
      'fd12::1',
      '127.0.0.1',
      '169.254.169.254',
      'localhost',
    ]) {
      expect([text, egressRefusal(open, to(text))]).toEqual([text, undefined]);
      expect([text, forLimited(open, text)]).toEqual([
        text,
        expect.stringContaining('not on the allow list'),
      ]);
    }
  });

  it('what lies inside has to be named by its network, and its port', () => {
    const some = lists('public,private,10.1.0.0/16,192.168.7.7:8443,hooks.inside.example');
    for (const [text, port] of [
      ['10.1.2.3', 443],
      ['hooks.inside.example=10.1.2.3', 443],
      ['192.168.7.7', 8443],
    ] as const)
      expect([text, forLimited(some, text, port)]).toEqual([text, undefined]);
    for (const [text, port] of [
      ['10.2.0.1', 443],
      ['hooks.inside.example=10.2.0.1', 443],
      ['192.168.7.7', 443],
    ] as const)
      expect([text, forLimited(some, text, port)]).toEqual([text, expect.any(String)]);
  });

  it('a wide network names nothing inside', () => {
    const wide = lists('0.0.0.0/0,::/0');
    expect(egressRefusal(wide, to('10.0.0.5'))).toBeUndefined();
    for (const text of ['10.0.0.5', 'fd12::1', '64:ff9b::a00:5', '::ffff:10.0.0.5'])
      expect([text, forLimited(wide, text)]).toEqual([text, expect.any(String)]);
    expect(forLimited(wide, '1.1.1.1')).toBeUndefined();
  });

  it('denials count as always', () => {
    expect(forLimited(lists('public,10.1.0.0/16', '10.1.2.0/24'), '10.1.2.3')).toContain('deny list');
  });
});

describe('an allow list', () => {
  it('is the whole truth: what it does not name is refused', () => {
    const some = lists('10.1.0.0/16,ftp.partner.example,*.bank.example');
    for (const text of [
      '10.1.2.3',
      'x.example=10.1.2.3',
      'ftp.partner.example=1.1.1.1',
      'a.b.bank.example=1.1.1.1',
    ])
      expect([text, egressRefusal(some, to(text))]).toEqual([text, undefined]);
    for (const text of [
      '10.2.0.1',
      '1.1.1.1',
      'x.example=1.1.1.1',
      'bank.example=1.1.1.1',
      'notbank.example=1.1.1.1',
    ])
      expect([text, egressRefusal(some, to(text))]).toEqual([
        text,
        expect.stringContaining('not on the allow list'),
      ]);
  });

  it('takes a name without a dot with one behind it, as names are closed', () => {
    expect(egressRefusal(lists('mainframe.'), to('mainframe=1.1.1.1'))).toBeUndefined();
    expect(egressRefusal(lists('mainframe.:990'), to('mainframe=1.1.1.1', 21))).toEqual(expect.any(String));
  });

  it('compares names without case and final dot', () => {
    expect(egressRefusal(lists('FTP.Partner.Example.'), to('ftp.PARTNER.example.=1.1.1.1'))).toBeUndefined();
  });

  it('allows by a name no address inside our networks: its owner can change what it resolves to', () => {
    const named = lists('ftp.partner.example');
    for (const address of ['10.0.0.5', '127.0.0.1', '169.254.169.254', 'fd00::1'])
      expect(egressRefusal(named, to(`ftp.partner.example=${address}`))).toContain('not on the allow list');
    expect(
      egressRefusal(lists('ftp.partner.example,10.0.0.0/8'), to('ftp.partner.example=10.0.0.5')),
    ).toBeUndefined();
  });

  it('opens what is not ordinary only to who names it', () => {
    for (const wide of ['0.0.0.0/0', '::/0', '128.0.0.0/1', '0.0.0.0/0,::/0,64:ff9b::/96'])
      for (const text of ['127.0.0.1', '169.254.169.254', '0.0.0.0', '64:ff9b::7f00:1', '::1'])
        expect([wide, text, egressRefusal(lists(wide), to(text))]).toEqual([wide, text, expect.any(String)]);
    expect(egressRefusal(lists('0.0.0.0/0'), to('1.1.1.1'))).toBeUndefined();
    expect(egressRefusal(lists('loopback'), to('127.0.0.1'))).toBeUndefined();
    expect(egressRefusal(lists('127.0.0.0/8'), to('::ffff:127.0.0.1'))).toBeUndefined();
    expect(egressRefusal(lists('127.0.0.2'), to('127.0.0.1'))).toEqual(expect.any(String));
    expect(egressRefusal(lists('169.254.0.0/16'), to('169.254.1.1'))).toBeUndefined();
    // A metadata service inside of what was allowed is another thing.
    expect(egressRefusal(lists('169.254.0.0/16'), to('169.254.169.254'))).toEqual(expect.any(String));
    expect(egressRefusal(lists('169.254.169.254'), to('169.254.169.254'))).toBeUndefined();
    expect(egressRefusal(lists('loopback'), to('169.254.169.254'))).toEqual(expect.any(String));
  });

  it('asks a name that only a proxy resolves by the name alone', () => {
    expect(egressRefusal(lists('ftp.partner.example'), to('ftp.partner.example'))).toBeUndefined();
    expect(egressRefusal(lists('public'), to('ftp.partner.example'))).toBeUndefined();
    expect(egressRefusal(lists('10.0.0.0/8'), to('ftp.partner.example'))).toContain(
      'which is not resolved here',
    );
    expect(egressRefusal(lists('public,private'), to('localhost'))).toEqual(expect.any(String));
    expect(egressRefusal(lists('loopback'), to('localhost'))).toBeUndefined();
  });

  it('may name ports; those of data connections are the choice of the server', () => {
    const ports = lists('ftp.partner.example:990,10.0.0.0/8:21-22,[2606:4700::/32]:990');
    expect(egressRefusal(ports, to('ftp.partner.example=1.1.1.1', 990))).toBeUndefined();
    expect(egressRefusal(ports, to('ftp.partner.example=1.1.1.1', 21))).toContain('for other ports than 21');
    expect(egressRefusal(ports, to('ftp.partner.example=1.1.1.1', 50_000, 'data'))).toBeUndefined();
    expect(egressRefusal(ports, to('10.0.0.1', 22))).toBeUndefined();
    expect(egressRefusal(ports, to('10.0.0.1', 23))).toEqual(expect.any(String));
    expect(egressRefusal(ports, to('2606:4700::1', 990))).toBeUndefined();
    // Another machine's data port is not on the list because the control connection's is.
    expect(egressRefusal(ports, to('1.1.1.2', 50_000, 'data'))).toEqual(expect.any(String));
  });
});

describe('a deny list', () => {
  it.each([
    ['10.0.0.0/8', 'x.example=10.1.2.3'],
    ['10.0.0.0/8', '::ffff:10.1.2.3'],
    ['1.0.0.0/8', '64:ff9b::1.1.1.1'],
    ['64:ff9b::/96', '64:ff9b::1.1.1.1'],
    ['private', '192.168.1.1'],
    ['ftp.partner.example', 'ftp.partner.example=1.1.1.1'],
    ['*.partner.example', 'ftp.partner.example'],
    ['public:25', '1.1.1.1'],
  ])('of %s comes before what is allowed: %s', (deny, text) => {
    expect(egressRefusal(lists('public,private', deny), to(text, 25))).toContain('on the deny list');
    expect(egressRefusal(lists('public,private', deny), to(text, 25, 'data'))).toContain('on the deny list');
  });

  it('leaves the rest alone', () => {
    const denied = lists('public,private', 'private:25,*.partner.example');
    for (const text of ['10.0.0.1', 'partner.example=1.1.1.1', 'ftpartner.example=1.1.1.1'])
      expect(egressRefusal(denied, to(text))).toBeUndefined();
  });
});

describe('a rule', () => {
  it.each([
    ['', 'is not'],
    ['*', 'is not'],
    ['*.', 'is not'],
    ['a.*.example', 'is not'],
    ['10.0.0.1/8', 'bits set'],
    ['10.0.0.0/33', 'longer than 32'],
    ['2001:db8::/129', 'longer than 128'],
    ['10.0.0', 'is not a network'],
    ['010.0.0.1', 'is not a network'],
    ['0x7f000001', 'is not'],
    ['::ffff:10.0.0.1', 'is not a network'],
    ['fe80::1%eth0', 'is not a network'],
    ['public:0', 'a port that is none'],
    ['public:70000', 'a port that is none'],
    ['public:22-21', 'a port that is none'],
    ['[2001:db8::]:', 'a port that is none'],
    ['everything here', 'is not'],
    ['intern', 'is not a class'],
    ['LOOPBACK', 'is not a class'],
    ['link-local', 'is not a class'],
  ])('%j is refused, and not repeated', (text, problem) => {
    const read = readRule(text);
    expect(read).toEqual({ problem: expect.stringContaining(problem) });
    if (text.length > 3) expect(JSON.stringify(read)).not.toContain(text);
  });
});

it.each([
  ...['public', 'loopback', 'private:21-22', '10.1.0.0/16', '10.1.0.0/16:990', '10.1.2.3', '10.1.2.3:21'],
  ...['2001:db8::/32', '[2001:db8::/32]:990', '2001:db8::7', '[2001:db8::7]:21-22', 'ftp.partner.example'],
  ...['*.partner.example:990', '0.0.0.0/0', '::/0'],
])('the rule %s is written as it is read', (text) => {
  const rule = readRule(text);
  if ('problem' in rule) throw new Error(rule.problem);
  expect(writeRule(rule)).toBe(text);
});
