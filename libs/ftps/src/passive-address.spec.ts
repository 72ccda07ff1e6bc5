import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataAddress, readExtendedPassive, readNetworks, readPassive } from './passive-address.ts';
import { ProtocolViolation } from './protocol-violation.ts';

const reply = (text: string) => ({ code: Number(text.slice(0, 3)), lines: [text] });

describe('EPSV', () => {
  test.each([
    ['229 Entering Extended Passive Mode (|||50000|)', 50_000],
    ['229 Extended (!!!6446!)', 6446],
  ])('reads %s', (text, port) => expect(readExtendedPassive(reply(text))).toBe(port));

  test.each([
    '229 (|||0|)',
    '229 (|||80|)',
    '229 (|||65536|)',
    '229 (|||123456|)',
    '229 (|1|10.0.0.1|50000|)',
    '229 (||!50000|)',
    '229 (|||-5000|)',
    '229 (|||+50000|)',
    '229 (||| 50000|)',
    '229 (111500001)',
    '229 |||50000|',
    '229 Entering',
  ])('refuses %s', (text) => expect(() => readExtendedPassive(reply(text))).toThrow(ProtocolViolation));
});

describe('PASV', () => {
  test.each([
    ['227 Entering Passive Mode (10,0,0,1,195,80)', '10.0.0.1', 50_000],
    ['227 =127,0,0,1,195,81', '127.0.0.1', 50_001],
    ['227 Entering Passive Mode. 10,0,0,1,195,80.', '10.0.0.1', 50_000],
    ['227 Passive mode OK (010,000,000,001,195,080)', '10.0.0.1', 50_000],
  ])('reads %s', (text, address, port) => expect(readPassive(reply(text))).toEqual({ address, port }));

  test.each([
    '227 (10,0,0,256,195,80)',
    '227 (10,0,0,1,0,80)',
    '227 (10,0,0,1,256,0)',
    '227 (10,0,0,1,195)',
    '227 (10,0,0,1,195,80,1)',
    '227 (10,0,0,1,-195,80)',
  ])('refuses %s', (text) => expect(() => readPassive(reply(text))).toThrow(ProtocolViolation));
});

describe('any reply', () => {
  const parse = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      if (error instanceof ProtocolViolation) return 'violation';
      throw error;
    }
  };
  const alphabet = fc.constantFrom(...'()|,.!0123456789 -x=\0é٣'.split(''));
  const text = fc.oneof(fc.string(), fc.string({ unit: alphabet, maxLength: 60 }));

  test('is read or a violation; a port is never outside 1024..65535', () => {
    fc.assert(
      fc.property(text, (words) => {
        const extended = parse(() => readExtendedPassive(reply(`229 ${words}`)));
        const passive = parse(() => readPassive(reply(`227 ${words}`)));
        for (const port of [extended, (passive as { port?: number }).port]) {
          if (typeof port !== 'number') continue;
          expect(Number.isInteger(port) && port >= 1024 && port <= 65_535).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('with any port behind any delimiter is read exactly when the port is allowed', () => {
    const delimiter = fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(delimiter, fc.integer({ min: 0, max: 99_999 }), (d, port) => {
        const good = port >= 1024 && port <= 65_535 && !/\d/.test(d);
        expect(parse(() => readExtendedPassive(reply(`229 Extended (${d}${d}${d}${port}${d})`)))).toBe(
          good ? port : 'violation',
        );
      }),
    );
  });

  test('with any six numbers is read exactly when they are an address and an allowed port', () => {
    const number = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(fc.tuple(number, number, number, number, number, number), (numbers) => {
        const port = numbers[4] * 256 + numbers[5];
        const good = numbers.every((value) => value <= 255) && port >= 1024;
        expect(parse(() => readPassive(reply(`227 Entering Passive Mode (${numbers.join(',')})`)))).toEqual(
          good ? { address: numbers.slice(0, 4).join('.'), port } : 'violation',
        );
      }),
    );
  });
});

describe('the address to dial', () => {
  const advertised = (address: string, controlPeer = '192.0.2.1', cidrs?: string[]) =>
    dataAddress('advertised', controlPeer, address, cidrs && readNetworks(cidrs)).address;

  test('is the control peer, whatever the server advertises', () => {
    expect(dataAddress('control_host', '192.0.2.1', '169.254.169.254')).toEqual({
      address: '192.0.2.1',
      ignored: '169.254.169.254',
    });
    expect(dataAddress('control_host', '::ffff:192.0.2.1', '192.0.2.1').ignored).toBeNull();
    expect(dataAddress('control_host', 'ftp.partner.example', '192.0.2.1')).toEqual({
      address: 'ftp.partner.example',
      ignored: '192.0.2.1',
    });
  });

  test('is the advertised one only where the endpoint says so', () => {
    expect(advertised('192.0.2.7')).toBe('192.0.2.7');
    expect(advertised('10.9.8.7', 'ftp.partner.example')).toBe('10.9.8.7');
  });

  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '224.0.0.1',
    '239.1.1.1',
    '240.0.0.1',
    '255.255.255.255',
    '::1',
    '10.0.0',
  ])('is never %s without a list', (address) => expect(() => advertised(address)).toThrow(ProtocolViolation));

  test('may be loopback where the control connection is', () => {
    for (const peer of ['127.0.0.1', '::ffff:127.0.0.1', '::1'])
      expect(advertised('127.0.0.5', peer)).toBe('127.0.0.5');
    expect(() => advertised('127.0.0.5', 'localhost')).toThrow(ProtocolViolation);
  });

  test('is in the networks of the list, where there is one', () => {
    const cidrs = ['10.20.0.0/16', '2001:db8::/32', '127.0.0.0/8'];
    expect(advertised('10.20.30.40', '192.0.2.1', cidrs)).toBe('10.20.30.40');
    expect(advertised('127.0.0.9', '192.0.2.1', cidrs)).toBe('127.0.0.9');
    expect(advertised('192.0.2.1', '192.0.2.1', cidrs)).toBe('192.0.2.1');
    for (const address of ['10.21.0.1', '192.0.2.7'])
      expect(() => advertised(address, '192.0.2.1', cidrs)).toThrow(ProtocolViolation);
    expect(() => advertised('10.20.30.40', '192.0.2.1', [])).toThrow(ProtocolViolation);
    expect(() => advertised('224.0.0.1', '192.0.2.1', ['0.0.0.0/0'])).toThrow(ProtocolViolation);
  });

  test.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', 'fe80::/129', 'partner.example/8', '10.0.0.0/-1', ''])(
    'is not decided by a list with %j: that is a mistake in the configuration',
    (cidr) =>
      expect(() => readNetworks([cidr])).toThrow(expect.objectContaining({ code: 'invalid_configuration' })),
  );
});
