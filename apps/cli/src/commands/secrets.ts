import { text } from 'node:stream/consumers';
import { recordEvent } from '#audit';
import { readConfig } from '#config';
import type { Actor } from '#domain';
import { type InstallationKey, sealSecret } from '#secrets';
import { putSecret, readSecret, type Store } from '#store';
import { createLogger } from '#telemetry';
import { UsageError } from '../failures.ts';
import { localActor } from '../local-actor.ts';
import { openKey, useDatabase } from '../open-parts.ts';
import type { Terminal } from '../terminal.ts';

const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const MAX_LENGTH = 64 * 1024;

/** Reads the value from standard input; it is never an argument, which every user of the machine could see. */
export async function setSecret(
  terminal: Terminal,
  name: string,
  options: { json?: boolean },
): Promise<void> {
  if (!NAME.test(name))
    throw new UsageError(`secret ${name}: a name is lower-case letters, digits, dots and dashes`);
  if (process.stdin.isTTY)
    terminal.note('Type or paste the secret, then Enter and Ctrl-D. It will be shown as you type.');
  // One newline at the end belongs to the terminal or the editor.
  const value = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw new UsageError(`secret ${name}: standard input is empty; nothing was stored`);
  if (value.length > MAX_LENGTH)
    throw new UsageError(`secret ${name}: longer than 64 KiB; nothing was stored`);
  const config = readConfig();
  const log = createLogger({ level: 'warn', format: 'line' });
  const version = await useDatabase(config, log, async (store) =>
    storeSecret(store, await openKey(config), localActor(), name, value),
  );
  if (options.json) terminal.json({ name, version });
  else terminal.line(`secret ${name} stored (version ${version})`);
}

/** Sealed before it reaches the database; version and value change in one statement. */
export function storeSecret(
  store: Store,
  key: InstallationKey,
  actor: Actor,
  name: string,
  value: string,
): Promise<number> {
  return store.transaction(async (tx) => {
    const version = ((await readSecret(tx, name))?.version ?? 0) + 1;
    await putSecret(tx, sealSecret(key, name, version, value));
    await recordEvent(tx, {
      actor,
      action: 'secret.set',
      object: 'secret',
      objectId: name,
      details: { version },
    });
    return version;
  });
}
