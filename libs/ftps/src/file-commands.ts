import { TransferError } from '#domain';
import { reach } from '#failpoint';
import type { FileStat, HashAlgorithm } from '#protocol';
import { hashCommands } from './hash-commands.ts';
import { listDirectory } from './list-directory.ts';
import { readMlsdRow } from './listing/mlsd.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { isNotImplemented, isPositive, meansUnavailable, refusalCode, refused } from './replies.ts';
import { type Reply, replyText } from './reply-reader.ts';
import { instantOf, readModified, readSize, timeText } from './reply-values.ts';
import { nameOf, parentOf, type SessionParts } from './session-parts.ts';

/** Size and time as MLSD states them (MLST), else SIZE and MDTM, else the row of the parent's listing. */
export async function statFile(parts: SessionParts, path: string): Promise<FileStat | undefined> {
  if (parts.features.has('MLST')) {
    const reply = await ask(parts, 'MLST', path);
    if (reply.code === 250) return statOfFacts(reply);
    if (reply.code === 550) return undefined;
    if (!isNotImplemented(reply)) throw refusedBy(parts, reply);
  }
  if (!parts.features.has('MDTM')) return statByListing(parts, path);
  const size = await ask(parts, 'SIZE', path);
  if (isNotImplemented(size)) return statByListing(parts, path);
  if (size.code === 550) return undefined;
  if (size.code !== 213) throw refusedBy(parts, size);
  const sizeBytes = readSize(size);
  const modified = await ask(parts, 'MDTM', path);
  if (modified.code === 550) return undefined;
  if (modified.code !== 213) throw refusedBy(parts, modified);
  return fileStat(sizeBytes, readModified(modified));
}

/** undefined when the server does not say: SIZE is optional, and 550 may mean anything. */
export async function askSize(parts: SessionParts, path: string): Promise<bigint | undefined> {
  const reply = await ask(parts, 'SIZE', path);
  if (reply.code === 213) return readSize(reply);
  if (reply.code === 550 || isNotImplemented(reply)) return undefined;
  throw refusedBy(parts, reply);
}

export async function renameFile(
  parts: SessionParts,
  from: string,
  to: string,
  options: { overwrite: boolean },
): Promise<void> {
  const { phase } = parts.control;
  if (!options.overwrite && (await pathExists(parts, to)))
    throw new TransferError('destination_exists', { phase });
  let refusal = await renameOnce(parts, from, to);
  // Some servers (IIS, z/OS) never replace. Whoever says `overwrite` accepts the moment without a target: the
  // file is complete under its other name meanwhile.
  if (refusal && options.overwrite && meansUnavailable(refusal) && (await pathExists(parts, to))) {
    parts.control.note('RNTO does not replace here: the target is deleted first');
    await removeFile(parts, to);
    refusal = await renameOnce(parts, from, to);
  }
  if (!refusal) return;
  // Servers say 550, 553, 451 or 503 for a missing folder: better to look than to guess.
  const { exists } = await directoryExists(parts, parentOf(to));
  if (!exists) throw refused('path_not_found', phase, refusal);
  throw refused(refusalCode(refusal, 'rename_failed'), phase, refusal);
}

async function renameOnce(parts: SessionParts, from: string, to: string): Promise<Reply | undefined> {
  const source = await ask(parts, 'RNFR', from);
  if (source.code !== 350) throw refused(refusalCode(source, 'path_not_found'), parts.control.phase, source);
  const target = await ask(parts, 'RNTO', to, () => reach('rename_sent'));
  if (!isPositive(target)) return target;
  reach('rename_answered');
  return undefined;
}

export async function removeFile(parts: SessionParts, path: string): Promise<void> {
  const reply = await ask(parts, 'DELE', path, () => reach('disposition_sent'));
  if (isPositive(reply)) return;
  if (reply.code === 550 && (await statFile(parts, path)) === undefined) return;
  throw refused(refusalCode(reply, 'permission_denied'), parts.control.phase, reply);
}

/** Parents first. What exists is left alone, also when somebody makes it at the same moment. */
export async function makeDirectories(parts: SessionParts, path: string): Promise<void> {
  if ((await directoryExists(parts, path)).exists) return;
  const parent = parentOf(path);
  if (parent !== '/') await makeDirectories(parts, parent);
  const reply = await ask(parts, 'MKD', path);
  if (isPositive(reply) || (await directoryExists(parts, path)).exists) return;
  throw refused(refusalCode(reply, 'permission_denied'), parts.control.phase, reply);
}

/** Lower-case hex; the server reads the whole file for it. */
export async function hashFile(
  parts: Pick<SessionParts, 'control' | 'deadlines' | 'features'>,
  path: string,
  algorithm: HashAlgorithm,
): Promise<string> {
  const { control, deadlines, features } = parts;
  const command = hashCommands(features).get(algorithm);
  if (!command)
    throw new TransferError('internal', {
      phase: control.phase,
      detail: `this server cannot hash with ${algorithm}`,
    });
  if (command.choose !== undefined) {
    const chosen = await ask(parts, 'OPTS', command.choose);
    if (chosen.code !== 200) throw refusedBy(parts, chosen);
  }
  const reply = await control.exchange(command.verb, command.argument(path), deadlines.hashReplyMs);
  if (!isPositive(reply)) throw refused(refusalCode(reply, 'path_not_found'), control.phase, reply);
  return command.read(reply);
}

/** MFMT (draft-somers-ftp-mfxx-03 section 3), or MDTM with a time, which vsftpd takes. False when neither works. */
export async function setModified(parts: SessionParts, path: string, at: Date): Promise<boolean> {
  for (const verb of parts.features.has('MFMT') ? ['MFMT'] : parts.features.has('MDTM') ? ['MDTM'] : []) {
    const reply = await ask(parts, verb, `${timeText(at)} ${path}`);
    if (isPositive(reply)) return true;
  }
  return false;
}

/** By entering it: the only question about a directory that every server understands. */
export async function directoryExists(
  parts: SessionParts,
  path: string,
): Promise<{ exists: boolean; reply: Reply }> {
  const reply = await ask(parts, 'CWD', path);
  if (isPositive(reply)) return { exists: true, reply };
  if (reply.code === 550 || reply.code === 553 || reply.code === 501) return { exists: false, reply };
  throw refusedBy(parts, reply);
}

async function pathExists(parts: SessionParts, path: string): Promise<boolean> {
  for (const verb of parts.features.has('MLST') ? ['MLST', 'SIZE'] : ['SIZE', 'MDTM']) {
    const reply = await ask(parts, verb, path);
    if (isPositive(reply)) return true;
    if (reply.code === 550) return false;
    if (!isNotImplemented(reply)) throw refusedBy(parts, reply);
  }
  const { entries } = await listDirectory(parts, parentOf(path));
  return entries.some((entry) => entry.name === nameOf(path));
}

/** RFC 3659 section 7.2: the facts stand on the one inner line, after one space. */
function statOfFacts(reply: Reply): FileStat | undefined {
  const line = reply.lines.slice(1, -1).find((candidate) => /^ ?\S+; /.test(candidate));
  const outcome = line === undefined ? undefined : readMlsdRow(line.replace(/^ /, ''));
  if (!outcome || 'refused' in outcome)
    throw new ProtocolViolation(`facts not understood: ${replyText(reply)}`);
  if ('skip' in outcome || outcome.row.kind !== 'file') return undefined;
  const { sizeBytes, modified } = outcome.row;
  if (sizeBytes === null) throw new ProtocolViolation('MLST states no size');
  return fileStat(sizeBytes, modified);
}

async function statByListing(parts: SessionParts, path: string): Promise<FileStat | undefined> {
  const { entries } = await listDirectory(parts, parentOf(path));
  const entry = entries.find(({ name, kind }) => kind === 'file' && name === nameOf(path));
  if (!entry || entry.sizeBytes === null) return undefined;
  return { sizeBytes: entry.sizeBytes, modified: entry.modified };
}

function fileStat(sizeBytes: bigint, modified: string): FileStat {
  return { sizeBytes, modified, modifiedAt: instantOf(modified) };
}

function ask(
  parts: Pick<SessionParts, 'control' | 'deadlines'>,
  verb: string,
  argument: string,
  onSent?: () => void,
): Promise<Reply> {
  return parts.control.exchange(verb, argument, parts.deadlines.replyMs, onSent && { onSent });
}

function refusedBy(parts: Pick<SessionParts, 'control'>, reply: Reply): TransferError {
  return refused(refusalCode(reply, 'file_unavailable'), parts.control.phase, reply);
}
