import { readApiAddress, readConfig } from '#config';
import { ApiClient } from './api-client.ts';
import { UsageError } from './failures.ts';
import { readRunningHome } from './running-home.ts';

/** WAYBILL_URL with WAYBILL_API_KEY, or what runs on the local home. */
export async function findApi(): Promise<ApiClient> {
  const address = readApiAddress() ?? (await readRunningHome(readConfig().home));
  if (address) return new ApiClient(address);
  throw new UsageError(
    `nothing runs on ${readConfig().home}; start it with \`waybill start\`, or set WAYBILL_URL and WAYBILL_API_KEY`,
  );
}
