import { ARCHIVE } from './lane.ts';
import type { Place, Trouble } from './scenario.ts';
import type { Gate } from './worker.ts';

/** Whether this is a call that this trouble can happen to. */
export function canHit({ stage, operation }: Gate, trouble: Trouble): boolean {
  if (stage === 'commit') return trouble === 'lost_before' || trouble === 'lost_after';
  if (stage !== 'request' || !operation) return false;
  const { verb, to, session } = operation;
  const publishes =
    (verb === 'rename' || verb === 'unlink') && session.endpoint === 'destination' && isFinalTarget(to);
  switch (trouble) {
    case 'pretended':
      return verb === 'rename' && !session.capabilities.local;
    case 'taken':
      return publishes;
    case 'short':
      return verb === 'finish';
    case 'garbled':
      return verb === 'write' && !session.capabilities.local;
    case 'lost_before':
    case 'lost_after':
      return !session.capabilities.local;
    case 'refused':
      // A directory that lets us make a second name lets us remove the first.
      return verb !== 'unlink';
    default:
      return true;
  }
}

export function isAt({ stage, operation }: Gate, place: Place): boolean {
  const verb = operation?.verb ?? '';
  switch (place) {
    case 'call':
      return true;
    case 'commit':
    case 'committed':
      return stage === place;
    case 'rename':
      return stage === 'request' && ['rename', 'link', 'unlink'].includes(verb);
    case 'renamed':
      return stage === 'answer' && ['rename', 'link', 'unlink'].includes(verb);
    case 'remove':
      return stage === 'request' && verb === 'remove';
    case 'looked':
      return stage === 'answer' && verb === 'stat';
    case 'written':
      return stage === 'answer' && verb === 'write';
  }
}

export function isFinalTarget(path: string | undefined): boolean {
  return path?.startsWith('/in/file-') ?? false;
}

/** It has asked for the source to go, or is in the middle of it. */
export function isDisposing({ stage, operation }: Gate): boolean {
  if (operation?.session.endpoint !== 'source') return false;
  const amidRename =
    operation.verb === 'link' || (operation.verb === 'stat' && operation.path.startsWith(ARCHIVE));
  return amidRename || (stage === 'request' && ['remove', 'rename', 'unlink'].includes(operation.verb));
}

/** A request to delete or archive a source is carried out within the lease or never: nothing on FTP could stop it later. */
export function isOfTheSource({ operation }: Gate): boolean {
  return operation?.session.endpoint === 'source';
}
