import { readFileSync } from 'node:fs';
import { ConfigProblem, type Environment } from './config.ts';
import { safeUrl } from './safe-url.ts';

/** Where commands reach an api, and as whom. */
export interface ApiAddress {
  url: string;
  key: string;
}

/**
 * WAYBILL_URL and WAYBILL_API_KEY (or WAYBILL_API_KEY_FILE); undefined when neither is set.
 * @throws ConfigProblem when one is missing or unusable, or the key would travel in clear.
 */
export function readApiAddress(environment: Environment = process.env): ApiAddress | undefined {
  const url = environment['WAYBILL_URL'];
  const key = environment['WAYBILL_API_KEY'] ?? readKeyFile(environment['WAYBILL_API_KEY_FILE']);
  if (url === undefined && key === undefined) return undefined;
  if (url === undefined) throw new ConfigProblem(['WAYBILL_URL: needed together with WAYBILL_API_KEY']);
  if (key === undefined) throw new ConfigProblem(['WAYBILL_API_KEY: needed together with WAYBILL_URL']);
  const safe = safeUrl.safeParse(url);
  const inClear = environment['WAYBILL_URL_IN_CLEAR'] === 'on' && URL.parse(url)?.protocol === 'http:';
  if (!safe.success && !inClear)
    throw new ConfigProblem([
      `WAYBILL_URL: ${safe.error.issues[0]!.message}; WAYBILL_URL_IN_CLEAR=on sends the key in clear all the same`,
    ]);
  return { url, key };
}

function readKeyFile(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigProblem([
      `WAYBILL_API_KEY_FILE: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    ]);
  }
}
