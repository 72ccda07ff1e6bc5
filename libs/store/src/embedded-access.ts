import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

export const SUPERUSER = 'waybill_super';
export const DATABASE = 'waybill';
/** The three roles of a Waybill database: who migrates, who works, who only reads. */
export const ROLES = { owner: 'waybill_owner', app: 'waybill_app', auditor: 'waybill_auditor' } as const;

/** What is kept in the home, 0600: without it nobody can log in. */
export interface EmbeddedAccess {
  port: number;
  passwords: { super: string; owner: string; app: string; auditor: string };
}

export interface EmbeddedUrls {
  superuserUrl: string;
  ownerUrl: string;
  appUrl: string;
  auditorUrl: string;
}

/** The connections of a home whose server is running now (another process started it). */
export async function readEmbeddedUrls(home: string): Promise<EmbeddedUrls | undefined> {
  const access = await readAccess(home);
  return access && urlsOf(access);
}

export function urlsOf({ port, passwords }: EmbeddedAccess): EmbeddedUrls {
  const url = (role: string, password: string) =>
    `postgresql://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;
  return {
    superuserUrl: url(SUPERUSER, passwords.super),
    ownerUrl: url(ROLES.owner, passwords.owner),
    appUrl: url(ROLES.app, passwords.app),
    auditorUrl: url(ROLES.auditor, passwords.auditor),
  };
}

/** The superuser's connection to the database that every server has. */
export function maintenanceUrl(access: EmbeddedAccess): string {
  const url = new URL(urlsOf(access).superuserUrl);
  url.pathname = '/postgres';
  return url.href;
}

export async function readAccess(home: string): Promise<EmbeddedAccess | undefined> {
  try {
    return JSON.parse(await readFile(pathIn(home), 'utf8')) as EmbeddedAccess;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function newPasswords(): EmbeddedAccess['passwords'] {
  const password = () => randomBytes(24).toString('base64url');
  return { super: password(), owner: password(), app: password(), auditor: password() };
}

export async function writeAccess(home: string, access: EmbeddedAccess): Promise<void> {
  const path = pathIn(home);
  await writeFile(`${path}.new`, JSON.stringify(access), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function pathIn(home: string): string {
  return join(home, 'database.json');
}

/** The port of the last start while it is free, so that a `waybill` elsewhere finds the server again. */
export async function choosePort(last: number | undefined): Promise<number> {
  return listenOn(last ?? 0).catch(() => listenOn(0));
}

async function listenOn(port: number): Promise<number> {
  const probe = createServer();
  probe.listen(port, '127.0.0.1');
  await once(probe, 'listening');
  const found = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, 'close');
  return found;
}
