import { UsageError } from './failures.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; choose another with --port or WAYBILL_PORT',
  EACCES: 'this user may not listen there; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; check WAYBILL_HOST',
};

/** @param place `port 8421 of 127.0.0.1`; undefined when it is not the place that is wrong */
export function portProblem(error: unknown, place: string): UsageError | undefined {
  const sentence = SENTENCES[(error as NodeJS.ErrnoException).code ?? ''];
  return sentence === undefined ? undefined : new UsageError(`${place}: ${sentence}`);
}
