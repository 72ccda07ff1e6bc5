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
  if ('env' in ref) return found(sources.environment(ref.env), ref);
  if ('file' in ref) return new SecretValue(await fileText(ref.file));
  return found(await namedSecret(ref.secret, sources), ref);
}

/**
 * For what is not text, such as PKCS#12: the bytes of a file as they are; a stored secret or a variable holds base64.
 * @throws TransferError `secret_unavailable`, naming the reference and never the value.
 */
export async function resolveSecretBytes(
  ref: SecretRef,
  sources: SecretSources,
): Promise<SecretValue<Buffer>> {
  if ('file' in ref) return new SecretValue(await fileBytes(ref.file));
  const encoded = (await resolveSecret(ref, sources)).reveal().replace(/\s/g, '');
  if (encoded === '' || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded))
    throw unavailable(`The ${nameOf(ref)} does not hold base64.`);
  return new SecretValue(Buffer.from(encoded, 'base64'));
}

function nameOf(ref: SecretRef): string {
  if ('env' in ref) return `environment variable ${ref.env}`;
  return 'file' in ref ? `file ${ref.file}` : `secret "${ref.secret}"`;
}

function found(value: string | SecretValue | undefined, ref: SecretRef): SecretValue {
  if (value === undefined) throw unavailable(`The ${nameOf(ref)} is not there.`);
  return typeof value === 'string' ? new SecretValue(value) : value;
}

async function namedSecret(name: string, sources: SecretSources): Promise<SecretValue | undefined> {
  try {
    return await sources.named(name);
  } catch (cause) {
    throw unavailable(`The secret "${name}" cannot be opened with this installation's key.`, cause);
  }
}

async function fileText(path: string): Promise<string> {
  // One newline at the end belongs to the editor, not to the password.
  return (await fileBytes(path)).toString('utf8').replace(/\r?\n$/, '');
}

async function fileBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unavailable(`The file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, cause);
  }
}

function unavailable(detail: string, cause?: unknown): TransferError {
  return new TransferError('secret_unavailable', { phase: 'connect', detail, cause });
}
