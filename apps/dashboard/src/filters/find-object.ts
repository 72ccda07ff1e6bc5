import { call } from '../api/call.ts';
import { Refused } from '../api/problem.ts';

/** Where the object with this id is shown; undefined where there is none that the person may see. */
export async function findObject(id: string): Promise<string | undefined> {
  const looks = [
    async () => `/transfers/${(await call('getTransfer', { params: { id } })).id}`,
    async () => `/runs/${(await call('getRun', { params: { id } })).id}`,
  ];
  for (const look of looks) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof Refused)) return undefined;
    }
  }
  return undefined;
}
