import { readFile } from 'node:fs/promises';
import { type SecretRef, TransferError } from '#domain';
import { KeysUnavailable } from './key-encryption-keys.ts';
import { SealBroken } from './sealing-keys.ts';
import { SecretValue } from './secret-value.ts';

/** Where references lead; each answers undefined when it has no such secret. */
export interface SecretSources {
  environment(name: string): string | undefined;
  named(name: string): Promise<SecretValue | undefined>;
}

/** @throws TransferError `secret_unavailable`, naming the reference and never the value. */
export async function resolveSecret(ref: SecretRef, sources: SecretSources): Promise<SecretValue> {
  if ('cleared' in ref) throw cleared();
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
  if ('cleared' in ref) throw cleared();
  if ('file' in ref) return new SecretValue(await fileBytes(ref.file));
  const encoded = (await resolveSecret(ref, sources)).reveal().replace(/\s/g, '');
  if (encoded === '' || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded))
    throw unavailable(`The ${nameOf(ref)} does not hold base64.`);
  return new SecretValue(Buffer.from(encoded, 'base64'));
}

function cleared(): TransferError {
  return unavailable(
    'The endpoint has no credentials: its host, port or proxy was changed, or behind a proxy whom we trust, which clears them so that no other server is shown them. Give them anew.',
  );
}

function nameOf(ref: Exclude<SecretRef, { cleared: true }>): string {
  if ('env' in ref) return `environment variable ${ref.env}`;
  return 'file' in ref ? `file ${ref.file}` : `secret "${ref.secret}"`;
}

function found(
  value: string | SecretValue | undefined,
  ref: Exclude<SecretRef, { cleared: true }>,
): SecretValue {
  if (value === undefined) throw unavailable(`The ${nameOf(ref)} is not there.`);
  return typeof value === 'string' ? new SecretValue(value) : value;
}

async function namedSecret(name: string, sources: SecretSources): Promise<SecretValue | undefined> {
  try {
    return await sources.named(name);
  } catch (cause) {
    throw closed(name, cause);
  }
}

function closed(name: string, cause: unknown): TransferError {
  if (cause instanceof KeysUnavailable)
    // Where the keys are is for who runs the installation, in the cause; the detail is recorded with runs, files and probes.
    return unavailable(`The secret "${name}" cannot be opened now: the keys are away.`, cause);
  // What was tampered with does not mend itself: a person has to look, and set the secret anew.
  if (cause instanceof SealBroken)
    return new TransferError('secret_unavailable', {
      phase: 'connect',
      retry: 'never',
      detail: cause.message,
      cause,
    });
  return unavailable(`The secret "${name}" cannot be read.`, cause);
}

/** The keys are away, and nothing is wrong with the endpoint: the same will work when they are back. */
export function isKeyOutage(error: unknown): error is TransferError {
  return (
    error instanceof TransferError &&
    error.code === 'secret_unavailable' &&
    error.cause instanceof KeysUnavailable
  );
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
