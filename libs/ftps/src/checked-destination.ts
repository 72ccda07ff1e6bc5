import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

/** Where a connection is about to go. */
export interface Destination {
  /** As it was configured: the endpoint's host or its proxy's; an address that a PASV reply states. */
  host: string;
  port: number;
  /** What is dialled; undefined where a proxy resolves the host. */
  address: string | undefined;
  /** A proxy is dialled as `control`, whatever goes through it. */
  channel: 'control' | 'data';
}

/** Says why there may be no such connection; undefined where there may. Asked before anything is sent there. */
export type DestinationCheck = (destination: Destination) => string | undefined;

/** What a lookup ends with when no address of the name may be dialled. */
export class DestinationRefused extends Error {
  constructor(because: string) {
    super(because);
    this.name = 'DestinationRefused';
  }
}

/**
 * Hands on the addresses that may be dialled, of the one answer that is dialled then: who looks at an answer and lets the
 * socket ask again has looked at nothing (DNS rebinding).
 */
export function checkedLookup(
  lookup: LookupFunction | undefined,
  refusal: (address: string) => string | undefined,
): LookupFunction {
  const resolve: LookupFunction = lookup ?? systemLookup;
  return (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, []);
      const addresses: LookupAddress[] =
        typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
      const refusals = addresses.map(({ address }) => refusal(address));
      const [first, ...rest] = addresses.filter((_, index) => refusals[index] === undefined);
      const because = refusals.find((text) => text !== undefined);
      if (!first) return done(because === undefined ? null : new DestinationRefused(because), []);
      if (options.all) done(null, [first, ...rest]);
      else done(null, first.address, first.family);
    });
  };
}
