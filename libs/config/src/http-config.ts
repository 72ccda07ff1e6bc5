import { z } from 'zod';
import { type Network, readNetwork } from '#egress';
import { wholeNumber } from './whole-number.ts';

/** Requests that somebody may make. */
export interface Rate {
  /** What comes back every second. */
  perSecond: number;
  /** What may be taken at once after a rest. */
  burst: number;
}

/** The edge of the api: who stands in front of it, and how much one of those behind may ask. */
export interface HttpConfig {
  rates: {
    /** Requests of one identity, whichever addresses they come from. */
    perIdentity: Rate;
    /** Requests of nobody known from one address: without credentials, or with such as are refused. */
    perAddress: Rate;
  };
  /** Whose X-Forwarded-For and X-Forwarded-Proto are believed; nobody's by default. */
  trustedProxies: readonly Network[];
  /** Where browsers reach this installation, without a path; undefined: under the name that they ask for. */
  publicUrl: URL | undefined;
}

const MOST_A_SECOND = 100_000;
const MOST_AT_ONCE = 1_000_000;

/** `10.1.0.0/24,2001:db8::7`; which one is wrong is told by its position. */
const proxies = z.string().transform((list, context) =>
  list.split(',').flatMap((item, index): Network[] => {
    const network = readNetwork(item.trim());
    if (!('problem' in network) && network.prefix > 0) return [network];
    const problem =
      'problem' in network ? network.problem : 'is the whole Internet: everybody could say who he is';
    context.addIssue(`item ${index + 1} ${problem}`);
    return [];
  }),
);

export const HTTP_SCHEMA = {
  WAYBILL_TRUSTED_PROXIES: proxies.default([]),
  // A program that triggers and follows some hundred runs stays below; one that runs wild does not hold up the rest.
  WAYBILL_RATE_PER_IDENTITY: wholeNumber(1, MOST_A_SECOND).default(200),
  WAYBILL_BURST_PER_IDENTITY: wholeNumber(1, MOST_AT_ONCE).default(2_000),
  WAYBILL_RATE_PER_ADDRESS: wholeNumber(1, MOST_A_SECOND).default(20),
  WAYBILL_BURST_PER_ADDRESS: wholeNumber(1, MOST_AT_ONCE).default(200),
};

type HttpValues = z.infer<z.ZodObject<typeof HTTP_SCHEMA>>;

/** What one variable cannot say alone, one line each. */
export function httpProblems(values: HttpValues): string[] {
  return (['IDENTITY', 'ADDRESS'] as const)
    .filter((whose) => values[`WAYBILL_BURST_PER_${whose}`] < values[`WAYBILL_RATE_PER_${whose}`])
    .map(
      (whose) =>
        `WAYBILL_BURST_PER_${whose}: must be at least WAYBILL_RATE_PER_${whose}, or that rate is never reached`,
    );
}

export function httpConfigOf(values: HttpValues & { WAYBILL_PUBLIC_URL?: string | undefined }): HttpConfig {
  return {
    rates: {
      perIdentity: { perSecond: values.WAYBILL_RATE_PER_IDENTITY, burst: values.WAYBILL_BURST_PER_IDENTITY },
      perAddress: { perSecond: values.WAYBILL_RATE_PER_ADDRESS, burst: values.WAYBILL_BURST_PER_ADDRESS },
    },
    trustedProxies: values.WAYBILL_TRUSTED_PROXIES,
    publicUrl: values.WAYBILL_PUBLIC_URL === undefined ? undefined : new URL(values.WAYBILL_PUBLIC_URL),
  };
}
