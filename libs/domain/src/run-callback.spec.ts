import { describe, expect, it } from 'vitest';
import { callbackDelayMs, callbackUrlProblem } from './run-callback.ts';

describe('callbackUrlProblem', () => {
  it.each([
    'https://orders.example/waybill?token=a%20b',
    'https://orders.example:8443/',
    'http://localhost:9000/a',
    'http://127.0.0.1/',
    'http://[::1]:80/',
  ])('takes %s', (url) => {
    expect(callbackUrlProblem(url)).toBeUndefined();
  });

  it.each([
    'http://orders.example/',
    'http://localhost.orders.example/',
    'http://127.0.0.1.orders.example/',
    'https://user:word@orders.example/',
    'https://orders.example/#part',
    'https://orders.example/a b',
    'https://orders.example/\r\nHost: other',
    'https://',
    'ftp://orders.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'orders.example',
    '',
    `https://orders.example/${'a'.repeat(2_000)}`,
  ])('refuses %j', (url) => {
    expect(callbackUrlProblem(url)).toBeDefined();
  });
});

it('waits longer from try to try, an hour at most, and gives up after about six', () => {
  const delays: number[] = [];
  for (let tries = 1; ; tries++) {
    const delayMs = callbackDelayMs(tries, 0.5);
    if (delayMs === undefined) break;
    delays.push(delayMs);
  }
  expect(delays).toEqual(delays.toSorted((one, other) => one - other));
  expect(delays[0]).toBe(10_000);
  expect(Math.max(...delays)).toBe(3_600_000);
  const hours = delays.reduce((sum, delayMs) => sum + delayMs, 0) / 3_600_000;
  expect(hours).toBeGreaterThan(5);
  expect(hours).toBeLessThan(8);
  expect(callbackDelayMs(1, 0)).toBe(8_000);
  expect(callbackDelayMs(1, 1)).toBe(12_000);
});
