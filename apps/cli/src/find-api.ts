import { readApiAddress, readConfig } from '#config';
import type { Client } from '#contract';
import { connectApi } from './api-client.ts';
import { UsageError } from './failures.ts';
import { readRunningHome } from './running-home.ts';

/** WAYBILL_URL with WAYBILL_API_KEY, or what runs on the local home. */
export async function findApi(): Promise<Client> {
  const address = readApiAddress() ?? (await readRunningHome(readConfig().home));
  if (address) return connectApi(address);
  throw new UsageError(
    `nothing runs on ${readConfig().home}; start it with \`waybill start\`, or set WAYBILL_URL and WAYBILL_API_KEY`,
  );
}
