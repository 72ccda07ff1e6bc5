import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataAddress, readExtendedPassive, readPassive } from './passive-address.ts';
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
    '229 Entering',
  ])('refuses %s', (text) => expect(() => readExtendedPassive(reply(text))).toThrow(ProtocolViolation));
});

describe('PASV', () => {
  test.each([
    ['227 Entering Passive Mode (10,0,0,1,195,80)', '10.0.0.1', 50_000],
    ['227 =127,0,0,1,195,81', '127.0.0.1', 50_001],
  ])('reads %s', (text, address, port) => expect(readPassive(reply(text))).toEqual({ address, port }));

  test.each([
    '227 (10,0,0,256,195,80)',
    '227 (10,0,0,1,0,80)',
    '227 (10,0,0,1,256,0)',
    '227 (10,0,0,1,195)',
    '227 (10,0,0,1,195,80,1)',
    '227 (10,0,0,1,-195,80)',
  ])('refuses %s', (text) => expect(() => readPassive(reply(text))).toThrow(ProtocolViolation));

  test('no text makes it throw anything but a violation', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const parse of [readPassive, readExtendedPassive]) {
          try {
            parse(reply(`227 ${text}`));
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolViolation);
          }
        }
      }),
    );
  });
});

describe('the address to dial', () => {
  test('is the control peer, whatever the server advertises', () => {
    expect(dataAddress('control_host', '192.0.2.1', '169.254.169.254')).toEqual({
      address: '192.0.2.1',
      ignored: '169.254.169.254',
    });
    expect(dataAddress('control_host', '::ffff:192.0.2.1', '192.0.2.1').ignored).toBeNull();
  });

  test('is the advertised one only where the endpoint says so', () => {
    expect(dataAddress('advertised', '192.0.2.1', '192.0.2.7').address).toBe('192.0.2.7');
    expect(() => dataAddress('advertised', '192.0.2.1', '0.0.0.0')).toThrow(ProtocolViolation);
    expect(() => dataAddress('advertised', '192.0.2.1', '239.1.1.1')).toThrow(ProtocolViolation);
  });
});
