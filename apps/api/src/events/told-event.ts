import type { RunProgressObject, StreamedEventObject } from '#contract';
import { ERROR_TABLE, type ErrorCode, RUN_STATES, TRANSFER_STATES } from '#domain';
import type { EventPosition, StreamedEvent } from '#store';
import { sizeOf, sizeOrNull } from '../stored-values.ts';
import type { RunPicture } from './progress-board.ts';

/** The wire form of a position: what clients send back as Last-Event-ID. */
export function eventId({ transaction, id }: EventPosition): string {
  return `${transaction}-${id}`;
}

export function readEventId(text: string): EventPosition {
  const [transaction, id] = text.split('-').map(BigInt);
  return { transaction: transaction!, id: id! };
}

/** What a stream says of an audit event: no more of its details than everybody may know who may see the object. */
export function tellEvent(event: StreamedEvent): StreamedEventObject {
  const { position, at, action, objectId, runId, transferId, route, endpoint, sizeBytes } = event;
  return {
    id: eventId(position),
    at: at.toISOString(),
    action,
    object: event.object as StreamedEventObject['object'],
    objectId,
    runId,
    transferId,
    route,
    endpoint,
    state: stateBy(event),
    sizeBytes: event.object === 'transfer' ? sizeOrNull(sizeBytes) : null,
    errorCode: errorCodeOf(event.details['code']),
  };
}

export function tellProgress(picture: RunPicture): RunProgressObject {
  const { runId, route, state, counts, deliveredBytes, underWay } = picture;
  return {
    runId,
    route,
    state: state as RunProgressObject['state'],
    transferCounts: counts,
    deliveredBytes: sizeOf(deliveredBytes),
    underWay: underWay.map(
      ({ transferId, sourcePath, phase, streamedBytes, sizeBytes, worker, lane, at }) => ({
        transferId,
        sourcePath,
        phase,
        streamedBytes: sizeOf(streamedBytes),
        sizeBytes: sizeOf(sizeBytes),
        worker,
        lane,
        at: at.toISOString(),
      }),
    ),
  };
}

/** Where the verb is not the state that it leads to. */
const STATES: Readonly<Record<string, StreamedEventObject['state']>> = {
  'run.requested': 'queued',
  'run.planning': 'running',
  'run.planned': 'running',
  'run.reopened': 'running',
  'transfer.publish_intended': 'publishing',
  'transfer.publish_withdrawn': 'claimed',
  'transfer.attempt_failed': 'planned',
  'transfer.quarantined': 'held',
};

function stateBy({ object, action, details }: StreamedEvent): StreamedEventObject['state'] {
  if (object !== 'run' && object !== 'transfer') return null;
  if (action === 'transfer.published') return details['disposes'] === true ? 'disposing' : 'publishing';
  const verb = action.slice(object.length + 1);
  const states: readonly StreamedEventObject['state'][] = object === 'run' ? RUN_STATES : TRANSFER_STATES;
  return STATES[action] ?? states.find((state) => state === verb) ?? null;
}

/** A code of a newer release is seen while replicas are being replaced. */
function errorCodeOf(code: unknown): ErrorCode | null {
  if (typeof code !== 'string') return null;
  return Object.hasOwn(ERROR_TABLE, code) ? (code as ErrorCode) : 'internal';
}
