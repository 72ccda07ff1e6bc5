import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carriedIpv4, readAddress, writeAddress } from './address.ts';
import { normaliseHost, readHost } from './host.ts';

describe('one host has one spelling', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0X7F.0x0.0x0.0x1',
    '0x7f.1',
    '127.0.0.0x01',
    '127.0.0.01',
    '::ffff:127.0.0.1',
    '::FFFF:7f00:1',
    '0:0:0:0:0:ffff:7f00:0001',
    '[::ffff:127.0.0.1]',
    '::ffff:127.0.0.1%lo',
    '１２７.０.０.１',
    '127。0。0。1',
    '①②⑦.⓪.⓪.①',
  ])('%s is 127.0.0.1', (text) => {
    expect(normaliseHost(text)).toBe('127.0.0.1');
  });

  it.each([
    ['::1', '::1'],
    ['[0:0:0:0:0:0:0:1]', '::1'],
    ['::0.0.0.1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['FTP.Partner.Example.', 'ftp.partner.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['ｆｔｐ.example', 'ftp.example'],
    ['under_score.example', 'under_score.example'],
  ])('%s is %s', (text, spelling) => {
    expect(normaliseHost(text)).toBe(spelling);
  });

  it.each([
    '',
    '.',
    'a..b',
    '256.0.0.1',
    '1.2.3.4.5',
    '4294967296',
    '127.0.0.256',
    '1.2.3.09',
    '[127.0.0.1]',
    '::1::',
    '::g',
    'ftp.example:21',
    'ftp.example/x',
    'user@ftp.example',
    'ftp.example\n',
    'ftp.exa\u0000mple',
    '127.0.0.1\té',
    'é/x.example',
    'ftp example',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(127)}ab`,
  ])('%j is no host', (text) => {
    expect(normaliseHost(text)).toBeUndefined();
  });

  it.each(['010.0.0.1', '0177.0.0.1', '127.0.0.010'])(
    '%s is read differently by different systems, so it is refused',
    (text) => {
      expect(readHost(text)).toEqual({ kind: 'invalid', because: expect.stringContaining('octal') });
    },
  );

  it('normalising twice changes nothing, whatever the text', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '.',
        ':',
        '::',
        '%',
        '[',
        ']',
        '0x',
        '0',
        'ffff',
        '127',
        '1',
        'é',
        '。',
        '１',
        'xn--',
        '-',
        '\n',
        '@',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.domain(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const once = normaliseHost(parts.join(''));
        if (once === undefined) return;
        expect(normaliseHost(once)).toBe(once);
        expect(once).toMatch(/^[\da-z._:-]+$/);
      }),
      { numRuns: 1_500 },
    );
  });
});

describe('an address', () => {
  it('is the number that Node takes it for, and is written in one way', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = readAddress(text)!;
        const written = writeAddress(address);
        expect(isIP(written)).toBe(address.family);
        expect(readAddress(written)).toEqual(address);
        const host = text.includes(':') ? `[${text}]` : text;
        const theirs = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
        expect(readAddress(theirs)).toEqual(address);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of IPv4 in every spelling is what URL parsers make of it', () => {
    fc.assert(
      fc.property(fc.ipV4Extended(), (text) => {
        const read = readHost(text);
        if (read.kind !== 'address') return;
        expect(writeAddress(read.address)).toBe(new URL(`http://${text}`).hostname);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['NAT64', '64:ff9b::a00:1', '10.0.0.1'],
    ['NAT64, dotted', '64:ff9b::169.254.169.254', '169.254.169.254'],
    ['6to4', '2002:7f00:1::', '127.0.0.1'],
    ['6to4 with a host part', '2002:a9fe:a9fe:1::7', '169.254.169.254'],
    ['IPv4-compatible', '::7f00:1', '127.0.0.1'],
    ['IPv4-translated', '::ffff:0:7f00:1', '127.0.0.1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:80ff:fffe', '127.0.0.1'],
    ['ISATAP', '2606:4700::5efe:7f00:1', '127.0.0.1'],
    ['ISATAP, unique', '2606:4700::200:5efe:7f00:1', '127.0.0.1'],
  ])('of %s carries IPv4', (_kind, text, carried) => {
    expect(writeAddress(carriedIpv4(readAddress(text)!)!)).toBe(carried);
  });

  it.each(['::', '::1', '2606:4700::1111', 'fe80::1', '10.0.0.1'])('%s carries none', (text) => {
    expect(carriedIpv4(readAddress(text)!)).toBeUndefined();
  });
});
