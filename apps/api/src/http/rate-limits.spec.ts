import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import { expect, it } from 'vitest';
import { SESSION_COOKIE } from '#contract';
import type { Identity } from '#identity';
import type { WaybillRequest } from './operation.ts';
import { RateLimits } from './rate-limits.ts';

const BURST = 5;
const HOUR = { perSecond: 1 / 3_600, burst: BURST };
const ANNA: Identity = {
  name: 'anna',
  role: 'viewer',
  actor: { kind: 'api_key', name: 'anna' },
  partners: 'all',
  routes: 'all',
};

/** Requests of one address, each under way until it is ended. */
function edge() {
  const limits = new RateLimits({ perIdentity: HOUR, perAddress: HOUR }, () => 0);
  return (authorization?: string, cookie?: string) => {
    const response = new EventEmitter();
    const request = {
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(cookie !== undefined && { cookie }),
      },
      peer: { address: '203.0.113.9' },
    } as WaybillRequest;
    const refused = limits.admit(request, response as Response) !== undefined;
    return {
      refused,
      end(identity?: Identity) {
        request.identity = identity;
        response.emit('close');
      },
    };
  };
}

const admitted = (asked: { refused: boolean }[]) => asked.filter(({ refused }) => !refused).length;

it('lets no more made-up keys in at once than one after the other', () => {
  const ask = edge();
  expect(admitted(Array.from({ length: 50 }, (_, n) => ask(`Bearer made-up-${n}`)))).toBe(BURST);
});

it('lets a key that turns out to be good cost its owner, and not the strangers of his address', () => {
  const ask = edge();
  for (let one = 0; one < BURST; one++) ask('Bearer anna').end(ANNA);
  expect(ask('Bearer anna').refused).toBe(true);
  expect(admitted(Array.from({ length: 10 }, () => ask()))).toBe(BURST);
});

it('charges the address for a key that was good and is not any more', () => {
  const ask = edge();
  ask('Bearer anna').end(ANNA);
  ask('Bearer anna').end();
  expect(admitted(Array.from({ length: 10 }, () => ask()))).toBe(BURST - 1);
});

it('holds up nobody who is known for what strangers of his address ask', () => {
  const ask = edge();
  ask('Bearer anna').end(ANNA);
  for (let one = 0; one < 50; one++) ask(`Bearer made-up-${one}`).end();
  expect(ask('Bearer anna').refused).toBe(false);
  expect(ask().refused).toBe(true);
});

it('knows a session by its cookie alone, whatever other cookies a browser sends', () => {
  const ask = edge();
  ask(undefined, `theme=dark; ${SESSION_COOKIE}=wbs_anna`).end(ANNA);
  for (let one = 0; one < 50; one++) ask();
  expect(ask(undefined, `${SESSION_COOKIE}=wbs_anna; theme=light`).refused).toBe(false);
  expect(ask(undefined, `x${SESSION_COOKIE}=wbs_anna`).refused).toBe(true);
});
