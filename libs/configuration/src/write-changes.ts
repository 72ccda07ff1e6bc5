import { randomUUID } from 'node:crypto';
import { recordEvents } from '#audit';
import { entryOf } from '#contract';
import type { Actor } from '#domain';
import { nextFire } from '#schedule';
import {
  applyConfiguration,
  databaseClock,
  deleteConfigured,
  recordConfigurationChanges,
  type StoredConfiguration,
  type Tx,
} from '#store';
import { type AnyChange, concerned, merged, objectsOf, shown } from './object-changes.ts';

/** The origin of what a request changes; a file is its own. */
export const REST = 'rest';

export interface ChangeSource {
  actor: Actor;
  /** `rest`, or the name of the applied file. */
  origin: string;
  approvalId?: string | undefined;
}

const PAST = { create: 'created', change: 'changed', delete: 'deleted' } as const;

/** Objects, history and audit events of one change set. */
export async function writeChanges(
  tx: Tx,
  { actor, origin, approvalId }: ChangeSource,
  current: StoredConfiguration,
  changes: readonly AnyChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const id = randomUUID();
  const wanted = objectsOf(changes);
  const now = await databaseClock(tx);
  await applyConfiguration(tx, wanted, { firstFire: (schedule) => nextFire(schedule, now) ?? null });
  for (const { kind, noun, name } of changes) if (kind === 'delete') await deleteConfigured(tx, noun, name);
  const after = merged(current, wanted);
  await recordConfigurationChanges(
    tx,
    { id, actor, origin, approvalId },
    changes.map((change) => ({
      ...shown(change),
      partners: concerned([change], current, after),
      before: change.before ? entryOf(change.noun, change.before) : null,
      after: change.after ? entryOf(change.noun, change.after) : null,
    })),
  );
  await recordEvents(tx, [
    ...changes.map(({ kind, noun, name, fields }) => ({
      actor,
      action: `${noun}.${PAST[kind]}`,
      object: noun,
      objectId: name,
      details: { fields, changeSet: id, ...(approvalId !== undefined && { approvalId }) },
    })),
    ...(origin === REST
      ? []
      : [
          {
            actor,
            action: 'configuration.applied',
            object: 'configuration' as const,
            objectId: origin,
            details: { changes: changes.length, changeSet: id },
          },
        ]),
  ]);
}
