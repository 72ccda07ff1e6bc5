import { expect, vi } from 'vitest';
import type { ErrorCode } from '#domain';
import { filesIn, type Scene, type Stage } from './stage.ts';

/** Refused: a typed error on run or transfer, attempt and audit; no target, not even a partial one; source untouched. */
export async function expectRefused(stage: Stage, scene: Scene, code: ErrorCode): Promise<void> {
  const { run, attempts, events } = scene;
  expect([run.state, codeOf(scene), run.errorDetail ?? run.transfers[0]?.errorDetail]).toEqual([
    'failed',
    code,
    expect.any(String),
  ]);
  expect(events.map((event) => (event.details as { code?: string }).code)).toContain(code);
  for (const attempt of attempts)
    expect(attempt).toMatchObject({
      outcome: 'failed',
      finishedAt: expect.any(Date),
      errorPhase: expect.any(String),
    });
  if (run.errorCode === null) expect(attempts.at(-1)?.errorCode).toBe(code);
  // A leftover is removed over a new session after the failure is on record.
  await vi.waitFor(async () => expect(await filesIn(scene.targetDirectory)).toEqual({}), { timeout: 5_000 });
  await expectSourceUntouched(scene);
  await expectNothingTold(stage, scene);
}

/** Not delivered, for whatever reason it says: returns its code. */
export async function expectNotDelivered(stage: Stage, scene: Scene): Promise<string> {
  const code = codeOf(scene);
  expect(code).toEqual(expect.any(String));
  await expectRefused(stage, scene, code as ErrorCode);
  return code!;
}

/** The run did what it should in spite of everything: the same bytes, on record as delivered. */
export async function expectDelivered(stage: Stage, scene: Scene): Promise<void> {
  const { run, attempts } = scene;
  expect([run.state, codeOf(scene), run.errorDetail]).toEqual(['delivered', null, null]);
  expect(run.transfers.map(({ state }) => state)).toEqual(run.transfers.map(() => 'delivered'));
  expect(attempts.at(-1)).toMatchObject({ outcome: 'delivered', errorCode: null });
  expect(await filesIn(scene.targetDirectory)).toEqual(asText(scene.files));
  await expectSourceUntouched(scene);
  await expectNothingTold(stage, scene);
}

/** Every refused handshake has its row and its event, and the row says why. */
export function expectTlsRefused(
  scene: Scene,
  code: ErrorCode,
  facts: { channel?: 'control' | 'data' } & Record<string, unknown> = {},
): void {
  const refused = scene.negotiations.filter(({ verdict }) => verdict === 'refused');
  expect(refused.length).toBeGreaterThan(0);
  for (const row of refused) expect(row).toMatchObject({ error: code, ...facts });
  const events = scene.events.filter(({ action }) => action === 'tls_negotiation.refused');
  expect(events.map(({ objectId }) => objectId).sort()).toEqual(refused.map(({ id }) => id).sort());
  // The proof first: a worker that dies between the two leaves no failure without its reason.
  const failed = scene.events.find(({ action }) => action === 'transfer.failed');
  if (failed) expect(events[0]!.id).toBeLessThan(failed.id);
}

/** Names that were left out when the run was planned, as an operator sees them. */
export function refusedNames(scene: Scene): { shown: string; reason: string }[] {
  const planned = scene.events.find(({ action }) => action === 'run.planned');
  return (planned?.details as { refusedNames?: { shown: string; reason: string }[] })?.refusedNames ?? [];
}

/** At the run when nothing could be listed, at its transfer otherwise. */
export function codeOf({ run }: Scene): string | null {
  return run.errorCode ?? run.transfers.find(({ errorCode }) => errorCode !== null)?.errorCode ?? null;
}

export async function expectSourceUntouched(scene: Scene): Promise<void> {
  expect(await filesIn(scene.sourceDirectory)).toEqual(asText(scene.files));
}

/** Neither password nor content in clear on the wire; no password and no control character on record. */
export async function expectNothingTold(
  stage: Stage,
  { sim, run, attempts, events, transcript }: Scene,
): Promise<void> {
  const clear = sim.clearBytes().toString('latin1');
  expect(clear).not.toContain(stage.password);
  expect(clear).not.toContain(stage.content);
  const told = JSON.stringify(
    [run, attempts.map(({ transcript: _, ...rest }) => rest), events],
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
  );
  for (const text of [told, transcript]) {
    expect(text).not.toContain(stage.password);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
}

function asText(files: Record<string, string | Uint8Array>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, bytes]) => [name, Buffer.from(bytes as Uint8Array).toString('latin1')]),
  );
}
