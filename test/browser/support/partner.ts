import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import type { FtpsEndpoint, TlsPolicy } from '#domain';
import { anEndpointAt } from '../../support/builders.ts';
import type { Installation } from './installation.ts';

export interface Partner {
  name: string;
  sim: PartnerSim;
  password: string;
  /** The secret of the installation that holds it. */
  secret: string;
  /** In place of what stood there. */
  put(path: string, content: string | Uint8Array): Promise<void>;
  endpoint(changes?: Partial<Omit<FtpsEndpoint, 'tls'>> & { tls?: Partial<TlsPolicy> }): FtpsEndpoint;
  close(): Promise<void>;
}

/** A partner's real FTPS server on loopback, with `/in` and `/out`; the installation knows nothing of it yet. */
export async function startPartner({ product, secrets }: Installation, name: string): Promise<Partner> {
  const root = join(product.home, 'partners', name);
  for (const folder of ['in', 'out']) await mkdir(join(root, folder), { recursive: true });
  const password = `pw-${randomBytes(12).toString('hex')}`;
  secrets[`PASSWORD_OF_${name}`] = password;
  const sim = await startPartnerSim({ root, username: 'waybill', password });
  const secret = `${name}-password`;
  return {
    name,
    sim,
    password,
    secret,
    put: (path, content) => writeFile(join(root, path), content),
    endpoint: (changes) =>
      anEndpointAt(sim, { name: `${name}-ftps`, partner: name, password: { secret }, ...changes }),
    close: () => sim.close(),
  };
}

/** Over REST, as an admin does: sealed to the installation's key, opened by the worker alone. */
export async function storePassword(
  installation: Installation,
  { secret, password }: Partner,
): Promise<void> {
  await installation.ask('PUT', `/secrets/${secret}`, { value: password });
}
