import { type ErrorCode, type Phase, TransferError } from '#domain';

const MEANING: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'path_not_found',
  ENOTDIR: 'path_not_found',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  EROFS: 'permission_denied',
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EFBIG: 'disk_full',
  EEXIST: 'destination_exists',
  ENAMETOOLONG: 'file_name_refused',
  EILSEQ: 'file_name_refused',
  EINVAL: 'file_name_refused',
  ELOOP: 'path_outside_root',
  EISDIR: 'file_unavailable',
  ENXIO: 'file_unavailable',
  EBUSY: 'remote_busy',
  ETXTBSY: 'remote_busy',
  EMFILE: 'server_busy',
  ENFILE: 'server_busy',
  EIO: 'transfer_interrupted',
  ESTALE: 'transfer_interrupted',
  EXDEV: 'rename_failed',
};

/** Translates the system's errors once, at this room's border; `where` is the endpoint's path, never the disk's. */
export function translate(thrown: unknown, phase: Phase, where: string): unknown {
  if (thrown instanceof TransferError) return thrown;
  const code = codeOf(thrown);
  if (code === undefined) return thrown;
  return new TransferError(meaningOf(code, phase), { phase, detail: `${where}: ${code}`, cause: thrown });
}

/** A file system that takes no odd names says EINVAL when one is opened; later EINVAL means something else. */
function meaningOf(code: string, phase: Phase): ErrorCode {
  if (code === 'EINVAL' && phase === 'stream') return 'internal';
  return MEANING[code] ?? 'internal';
}

export function codeOf(thrown: unknown): string | undefined {
  const code: unknown = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** The error of work that its signal ended; a TransferError given as the reason is thrown as it is. */
export function abortReason(signal: AbortSignal, phase: Phase): TransferError {
  const reason: unknown = signal.reason;
  return reason instanceof TransferError ? reason : new TransferError('cancelled', { phase, cause: reason });
}
