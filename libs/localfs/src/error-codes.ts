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
  ELOOP: 'path_outside_root',
  EISDIR: 'file_unavailable',
  EBUSY: 'remote_busy',
  EIO: 'transfer_interrupted',
};

/** Translates the system's errors once, at this room's border; `where` is the endpoint's path, never the disk's. */
export function translate(thrown: unknown, phase: Phase, where: string): unknown {
  if (thrown instanceof TransferError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined) return thrown;
  return new TransferError(MEANING[code] ?? 'internal', {
    phase,
    detail: `${where}: ${code}`,
    cause: thrown,
  });
}
