import { expect, it } from 'vitest';
import { readApiAddress } from './api-address.ts';
import { ConfigProblem } from './config.ts';

const key = { WAYBILL_API_KEY: 'wbk_hunter2' };

it('is nowhere when nothing is set', () => {
  expect(readApiAddress({})).toBeUndefined();
});

it.each([
  'https://waybill.example.com',
  'https://10.0.0.7:8443',
  'http://127.0.0.1:8421',
  'http://localhost:8421',
  'http://[::1]:8421',
])('takes the key to %s', (url) => {
  expect(readApiAddress({ ...key, WAYBILL_URL: url })).toEqual({ url, key: 'wbk_hunter2' });
});

it.each([
  'http://waybill.example.com',
  'http://10.0.0.7:8421',
  'http://localhost.evil.example:8421',
  'http://127.0.0.1@evil.example',
  'ftp://localhost',
  'waybill.example.com',
  '',
])('does not take the key to %j', (url) => {
  const read = () => readApiAddress({ ...key, WAYBILL_URL: url });
  expect(read).toThrow(ConfigProblem);
  expect(read).toThrow(/^WAYBILL_URL: must be a URL beginning with https:\/\/, or http:\/\/ on this machine/);
  expect(read).not.toThrow(/hunter2/);
});

it('takes it in clear where somebody says so, over http alone', () => {
  const inClear = { ...key, WAYBILL_URL_IN_CLEAR: 'on' };
  expect(readApiAddress({ ...inClear, WAYBILL_URL: 'http://api:8421' })?.url).toBe('http://api:8421');
  expect(() => readApiAddress({ ...inClear, WAYBILL_URL: 'ftp://api' })).toThrow(ConfigProblem);
  expect(() =>
    readApiAddress({ ...inClear, WAYBILL_URL_IN_CLEAR: 'yes', WAYBILL_URL: 'http://api' }),
  ).toThrow(ConfigProblem);
});

it('needs address and key together', () => {
  expect(() => readApiAddress(key)).toThrow('WAYBILL_URL: needed');
  expect(() => readApiAddress({ WAYBILL_URL: 'https://waybill.example.com' })).toThrow(
    'WAYBILL_API_KEY: needed',
  );
});
