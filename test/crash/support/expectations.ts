import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { checkDeliveries, describeFindings } from '../../checker/index.ts';
import { type PlantedFile, sha256Of } from '../../support/file-set.ts';
import { type CrashCase, precedesTheClaim } from './plan-case.ts';
import type { CrashStage } from './stage.ts';

/** A file that left its source is at its target, whole, also in the moment after a worker died. */
export async function expectNothingLost(
  stage: CrashStage,
  each: CrashCase,
  planted: readonly PlantedFile[],
): Promise<void> {
  const target = stage.target(each).directory;
  for (const file of planted) {
    if (existsSync(join(stage.source(each).directory, file.name))) continue;
    expect(await sha256Of(join(target, file.name)), `${file.name} left its source`).toBe(file.sha256);
  }
}

/** Each file once and as it was, nothing else beside it, and nothing left at the source. */
export async function expectDeliveredOnce(
  stage: CrashStage,
  each: CrashCase,
  planted: readonly PlantedFile[],
): Promise<void> {
  const target = stage.target(each).directory;
  expect((await readdir(target)).sort()).toEqual(planted.map((file) => file.name).sort());
  for (const file of planted) expect(await sha256Of(join(target, file.name)), file.name).toBe(file.sha256);
  expect(await readdir(stage.source(each).directory)).toEqual([]);
}

/** How an attempt may end that did not deliver: its worker died, or stood still for longer than its lease on a busy machine. */
const LOST: readonly unknown[] = ['abandoned worker_lost', 'failed lease_lost'];

/** Every attempt was claimed in the audit and has an end; one publish for each file. */
export async function expectEveryAttemptAudited(
  stage: CrashStage,
  runId: string,
  each: CrashCase,
): Promise<void> {
  const { db } = stage.product.store;
  const transfers = await db.transfer.findMany({
    where: { runId },
    include: { attempts: { orderBy: { number: 'asc' } } },
  });
  const events = await db.auditEvent.findMany({ where: { runId }, orderBy: { id: 'asc' } });
  let abandoned = 0;
  for (const transfer of transfers) {
    const outcomes = transfer.attempts.map(({ outcome, errorCode }) =>
      `${outcome} ${errorCode ?? ''}`.trim(),
    );
    expect(outcomes.at(-1), transfer.sourcePath).toBe('delivered');
    expect(outcomes.slice(0, -1).filter((outcome) => !LOST.includes(outcome))).toEqual([]);
    const dead = outcomes.filter((outcome) => outcome === 'abandoned worker_lost').length;
    abandoned += dead;
    expect(transfer.attempts.map(({ number }) => number)).toEqual(outcomes.map((_, index) => index + 1));
    const count = (action: string) =>
      events.filter((event) => event.transferId === transfer.id && event.action === action).length;
    expect({
      claimed: count('transfer.claimed'),
      abandoned: count('attempt.abandoned'),
      published: count('transfer.published'),
      delivered: count('transfer.delivered'),
    }).toEqual({ claimed: outcomes.length, abandoned: dead, published: 1, delivered: 1 });
  }
  const mayHaveNone = precedesTheClaim(each) || each.point === 'disposition_committed';
  expect(abandoned, 'attempts of the lost worker').toBeGreaterThanOrEqual(mayHaveNone ? 0 : 1);
}

/** Somebody who shares no code with the product reads both disks and the tables. */
export async function expectCheckerAgrees(
  stage: CrashStage,
  runId: string,
  each: CrashCase,
  planted: readonly PlantedFile[],
  outcome: { expect?: 'delivered' | 'held'; takenTo?: string } = {},
): Promise<void> {
  const { root, path } = stage.target(each);
  const findings = await checkDeliveries({
    databaseUrl: stage.product.database.auditorUrl,
    runIds: [runId],
    routes: [
      {
        name: each.name,
        source: { root: stage.source(each).root, path: stage.source(each).path },
        destination: { root, path, ...(outcome.takenTo !== undefined && { takenTo: outcome.takenTo }) },
        files: planted.map((file) => ({ ...file, expect: outcome.expect ?? 'delivered' })),
        disposition: 'delete',
      },
    ],
  });
  expect(describeFindings(findings)).toEqual([]);
}
