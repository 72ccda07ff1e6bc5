import { readFile } from 'node:fs/promises';
import { type SecretRef, TransferError } from '#domain';
import { SecretValue } from './secret-value.ts';

/** Where references lead; each answers undefined when it has no such secret. */
export interface SecretSources {
  environment(name: string): string | undefined;
  named(name: string): Promise<SecretValue | undefined>;
}

/** @throws TransferError `secret_unavailable`, naming the reference and never the value. */
export async function resolveSecret(ref: SecretRef, sources: SecretSources): Promise<SecretValue> {
  if ('env' in ref) return found(sources.environment(ref.env), `environment variable ${ref.env}`);
  if ('file' in ref) return found(await fileText(ref.file), `file ${ref.file}`);
  return found(await namedSecret(ref.secret, sources), `secret "${ref.secret}"`);
}

function found(value: string | SecretValue | undefined, what: string): SecretValue {
  if (value === undefined) throw unavailable(`The ${what} is not there.`);
  return typeof value === 'string' ? new SecretValue(value) : value;
}

async function namedSecret(name: string, sources: SecretSources): Promise<SecretValue | undefined> {
  try {
    return await sources.named(name);
  } catch (cause) {
    throw unavailable(`The secret "${name}" cannot be opened with this installation's key.`, cause);
  }
}

async function fileText(path: string): Promise<string | undefined> {
  try {
    // One newline at the end belongs to the editor, not to the password.
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw unavailable(`The file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, cause);
  }
}

function unavailable(detail: string, cause?: unknown): TransferError {
  return new TransferError('secret_unavailable', { phase: 'connect', detail, cause });
}
