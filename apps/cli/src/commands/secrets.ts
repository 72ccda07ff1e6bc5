import { text } from 'node:stream/consumers';
import { KeysInChange, prepareSealingKey, rewrapSecrets, rotateKeys } from '#apps/worker';
import { type Config, readConfig } from '#config';
import { ConfigurationRefused, type SecretService, type SecretToSet } from '#configuration';
import { type Keyring, KeysFixed, KeysUnavailable } from '#secrets';
import { EVERYTHING, listSealingKeys, listSecrets, type Store } from '#store';
import { createLogger } from '#telemetry';
import { openConfiguration } from '../apply-configuration.ts';
import { UsageError, WorkFailed } from '../failures.ts';
import { localActor } from '../local-actor.ts';
import { openKeyring } from '../open-keys.ts';
import { openEgress, useDatabase } from '../open-parts.ts';
import type { Terminal } from '../terminal.ts';

const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const MAX_LENGTH = 64 * 1024;

interface JsonOption {
  json?: boolean;
}

interface PartnerOptions extends JsonOption {
  partner?: string;
  anyPartner?: boolean;
}

/** undefined: nothing is said of it. */
function wantedPartner(name: string, { partner, anyPartner }: PartnerOptions): string | null | undefined {
  if (partner !== undefined && anyPartner)
    throw new UsageError(`secret ${name}: either --partner or --any-partner, not both`);
  return anyPartner ? null : partner;
}

/** Reads the value from standard input; it is never an argument, which every user of the machine could see. */
export async function setSecret(terminal: Terminal, name: string, options: PartnerOptions): Promise<void> {
  if (!NAME.test(name))
    throw new UsageError(`secret ${name}: a name is lower-case letters, digits, dots and dashes`);
  const partner = wantedPartner(name, options);
  if (process.stdin.isTTY)
    terminal.note('Type or paste the secret, then Enter and Ctrl-D. It will be shown as you type.');
  // One newline at the end belongs to the terminal or the editor.
  const value = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw new UsageError(`secret ${name}: standard input is empty; nothing was stored`);
  if (value.length > MAX_LENGTH)
    throw new UsageError(`secret ${name}: longer than 64 KiB; nothing was stored`);
  const outcome = await onSecrets((secrets, store, config) =>
    setWithKey(secrets, store, config, { name, value, partner }),
  );
  if (outcome.state === 'pending') return waits(terminal, options, outcome.approval);
  const { version } = outcome.secret;
  if (options.json) terminal.json({ name, version });
  else terminal.line(`secret ${name} stored (version ${version})`);
}

/** Sealing needs no key of this machine, but for the very first secret of an installation. */
async function setWithKey(secrets: SecretService, store: Store, config: Config, wanted: SecretToSet) {
  const author = { ...EVERYTHING, actor: localActor() };
  try {
    return await secrets.set(author, wanted);
  } catch (error) {
    if (!(error instanceof ConfigurationRefused) || error.code !== 'no_sealing_key') throw error;
    await prepareSealingKey(store, await openKeyring(config, store), author.actor);
    return secrets.set(author, wanted);
  }
}

/** Nothing has changed, and a script must not take it for done. */
function waits(
  terminal: Terminal,
  { json }: JsonOption,
  { id, summary }: { id: string; summary: string },
): never {
  if (json) terminal.json({ approval: { id, state: 'pending', summary } });
  throw new WorkFailed(`nothing was changed; another admin has to approve ${id} first (${summary})`);
}

export async function assignSecret(terminal: Terminal, name: string, options: PartnerOptions): Promise<void> {
  const partner = wantedPartner(name, options);
  if (partner === undefined) throw new UsageError(`secret ${name}: needs --partner NAME or --any-partner`);
  const author = { ...EVERYTHING, actor: localActor() };
  const outcome = await onSecrets((secrets) => secrets.assign(author, name, partner));
  if (outcome.state === 'pending') return waits(terminal, options, outcome.approval);
  if (options.json) terminal.json({ name, partner });
  else terminal.line(`secret ${name} serves endpoints of ${partner ?? 'every partner'}`);
}

export async function showSecrets(terminal: Terminal, options: JsonOption): Promise<void> {
  const secrets = await onStore((store) => listSecrets(store.db));
  if (options.json) return terminal.json(secrets);
  if (secrets.length === 0) return terminal.line('no secrets yet: waybill secret set NAME');
  for (const { name, version, partner, updatedAt } of secrets)
    terminal.line(
      `${name.padEnd(32)}  version ${String(version).padEnd(4)}  set ${updatedAt.toISOString()}${partner === null ? '' : `  of ${partner}`}`,
    );
}

export async function deleteSecret(terminal: Terminal, name: string, options: JsonOption): Promise<void> {
  const author = { ...EVERYTHING, actor: localActor() };
  const outcome = await onSecrets((secrets) => secrets.delete(author, name));
  if (outcome.state === 'pending') return waits(terminal, options, outcome.approval);
  if (options.json) terminal.json({ name, deleted: true });
  else terminal.line(`secret ${name} deleted`);
}

/** A new key for everything that is sealed from now on; `rewrap` takes what was sealed before along. */
export async function rotateSecretKeys(terminal: Terminal, options: JsonOption): Promise<void> {
  const rotation = await onKeys((store, keyring) => rotateKeys(store, keyring, localActor()));
  if (options.json) return terminal.json(rotation);
  terminal.line(`new secrets are sealed to ${rotation.keyId}, wrapped by ${rotation.wrappedBy}`);
  terminal.line(
    rotation.secretsToRewrap === 0
      ? 'no secret is under an older key; `waybill secret rewrap` ends the older keys'
      : `secrets under older keys: ${rotation.secretsToRewrap}; they stay readable until \`waybill secret rewrap\` has run`,
  );
}

export async function rewrapSecretKeys(terminal: Terminal, options: JsonOption): Promise<void> {
  const done = await onKeys((store, keyring) => rewrapSecrets(store, keyring, localActor()));
  if (options.json) terminal.json(done);
  else {
    terminal.line(`secrets sealed anew to ${done.keyId}: ${done.resealed}`);
    terminal.line(`secrets under older keys: ${done.secretsToRewrap}`);
    for (const id of [...done.retiredKeys, ...done.retiredKeyEncryptionKeys]) terminal.line(`retired ${id}`);
  }
  if (done.refused.length > 0)
    throw new WorkFailed(
      `refused, as they are not as they were stored: ${done.refused.join(', ')}. Set them anew.`,
    );
}

/** Which key pairs there are, what wraps each, and how many secrets need it. */
export async function showSealingKeys(terminal: Terminal, options: JsonOption): Promise<void> {
  const keys = await onStore((store) => listSealingKeys(store.db));
  if (options.json) return terminal.json(keys);
  for (const { id, state, wrappedBy, secrets } of keys)
    terminal.line(`${id}  ${state.padEnd(7)}  ${String(secrets).padStart(5)} secrets  ${wrappedBy ?? '-'}`);
}

async function onKeys<T>(act: (store: Store, keyring: Keyring) => Promise<T>): Promise<T> {
  return onStore(async (store, config) => act(store, await openKeyring(config, store)));
}

/** By the rules of this installation: four eyes, and whose secret it is. */
async function onSecrets<T>(
  act: (secrets: SecretService, store: Store, config: Config) => Promise<T>,
): Promise<T> {
  return onStore((store, config, url) =>
    act(openConfiguration(store, config, openEgress(config, url)).secrets, store, config),
  );
}

async function onStore<T>(act: (store: Store, config: Config, url: string) => Promise<T>): Promise<T> {
  const config = readConfig();
  const log = createLogger({ level: 'warn', format: 'line' });
  try {
    return await useDatabase(config, log, (store, url) => act(store, config, url));
  } catch (error) {
    if (error instanceof KeysFixed || error instanceof ConfigurationRefused)
      throw new UsageError(error.message);
    if (error instanceof KeysUnavailable || error instanceof KeysInChange)
      throw new WorkFailed(error.message);
    throw error;
  }
}
