import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { type Authority, issueCertificate, makeAuthority } from './certificates.ts';
import type { ServerIdentity } from './partner-sim.ts';

const YEAR_MS = 365 * 86_400_000;

/** What makes a partner the same one after a restart. */
export interface KeptIdentity {
  authority: Authority;
  password: string;
  /** Where it listened last; 0 at first. */
  ports: { explicit: number; implicit: number };
}

export function newIdentity(commonName: string): KeptIdentity {
  return {
    authority: makeAuthority({ commonName, notAfter: new Date(Date.now() + 20 * YEAR_MS) }),
    password: randomBytes(18).toString('base64url'),
    ports: { explicit: 0, implicit: 0 },
  };
}

/** The partner of this file, or a new one. */
export async function readIdentity(path: string, commonName: string): Promise<KeptIdentity> {
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  return { ...newIdentity(commonName), ...(JSON.parse(known) as Partial<KeptIdentity>) };
}

/** Readable by its owner only, and never half written. */
export async function writeIdentity(path: string, kept: KeptIdentity): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** A new leaf at each start, so that it never expires; clients trust the authority, which stays. */
export function leafOf(authority: Authority, host: string): ServerIdentity {
  const names = { commonName: 'localhost', dnsNames: ['localhost'], ipAddresses: [host] };
  return { ...issueCertificate(authority, names), caPem: authority.certificatePem };
}
