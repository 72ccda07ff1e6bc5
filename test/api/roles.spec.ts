import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listOperations, problemSchema } from '#contract';
import { as, type Described, describeOperation, exampleCall, nounOf } from './support/plan-call.ts';
import type { Reply } from './support/send.ts';
import type { Snapshot } from './support/snapshot.ts';
import { type Cell, PARTNERS, type PartnerName, SCOPES, startWorld, type World } from './support/world.ts';

let world: World;
/** Programs with a key and people with a session: what one may not, the other may not. */
let cells: Cell[];
beforeAll(async () => {
  world = await startWorld();
  cells = [...world.cells, ...world.persons];
});
afterAll(() => world?.close());

const guarded = listOperations().filter(({ operation }) => Array.isArray(operation.access));

interface Asked {
  cell: Cell;
  partner: PartnerName;
  reply: Reply;
  changed: string[];
}

/**
 * One call in one cell, and what it did to the database. With the state of before several calls, what one of them does
 * only after its answer is seen with the next.
 */
async function ask(described: Described, cell: Cell, partner: PartnerName, since?: Snapshot): Promise<Asked> {
  const before = since ?? (await world.witness.snapshot());
  const rung = world.api.rung.length;
  const call = as(exampleCall(described, world, partner), cell);
  const reply = await world.sender.send(call);
  const changed = await world.witness.differences(before);
  if (world.api.rung.length > rung) changed.push('a doorbell was rung');
  return { cell, partner, reply, changed };
}

function reaches({ scope }: Cell, partner: PartnerName): boolean {
  const reach: readonly string[] = SCOPES[scope];
  return reach.includes('*') || reach.includes(partner);
}

const nameOf = ({ kind, role, scope }: Cell) => `${kind}, ${role}, ${scope}`;

function codeOf({ text }: Reply): string {
  return problemSchema.parse(JSON.parse(text)).code;
}

describe.each(guarded)('$id', ({ id, operation }) => {
  const described = describeOperation(id, operation);
  const roles = operation.access as readonly string[];
  /** Whether the world has an object of each partner to ask for. */
  const named = (cell: Cell) => world.objects[nounOf(operation) ?? ''] !== undefined && cell !== undefined;

  it('is refused to every role that the table does not name, for each reach, without a trace', async () => {
    const before = await world.witness.snapshot();
    for (const cell of cells.filter(({ role }) => !roles.includes(role)))
      for (const partner of PARTNERS) {
        const { reply, changed } = await ask(described, cell, partner, before);
        expect(reply.status, `${nameOf(cell)}: ${reply.text}`).toBe(403);
        expect(codeOf(reply)).toBe('forbidden');
        expect(changed, nameOf(cell)).toEqual([]);
      }
    expect(await world.witness.differences(before)).toEqual([]);
  });

  const needsAll = operation.only === 'whole_installation';

  if (needsAll)
    it('is refused to whoever reaches only some partners, without a trace', async () => {
      for (const cell of cells.filter(({ role, scope }) => roles.includes(role) && scope !== 'all')) {
        const { reply, changed } = await ask(described, cell, 'alpha');
        expect(reply.status, `${nameOf(cell)}: ${reply.text}`).toBe(403);
        expect(changed, nameOf(cell)).toEqual([]);
      }
    });

  it('knows no object of a partner that the identity does not reach, and leaves no trace', async () => {
    const before = await world.witness.snapshot();
    for (const cell of cells.filter(({ role }) => roles.includes(role)))
      for (const partner of PARTNERS) {
        if (needsAll || !named(cell) || reaches(cell, partner)) continue;
        const { reply, changed } = await ask(described, cell, partner, before);
        expect(reply.status, `${nameOf(cell)} at ${partner}: ${reply.text}`).toBe(404);
        expect(changed, `${nameOf(cell)} at ${partner}`).toEqual([]);
      }
    expect(await world.witness.differences(before)).toEqual([]);
  });

  it('shows nothing of a partner that the identity does not reach, and everything else that others see', async () => {
    for (const cell of cells.filter(({ role }) => roles.includes(role))) {
      const asked = await ask(described, cell, 'alpha');
      const { reply, changed } = asked;
      for (const partner of PARTNERS.filter((one) => !reaches(cell, one)))
        for (const mark of world.marks[partner])
          if (!(partner === 'alpha' && named(cell))) expect(reply.text, nameOf(cell)).not.toContain(mark);
      // A list, or a list as a file.
      if ((operation.query?.shape['cursor'] ?? operation.query?.shape['columns']) && cell.scope === 'alpha') {
        const all = cells.find(
          ({ kind, role, scope }) => kind === cell.kind && role === cell.role && scope === 'all',
        )!;
        const everything = (await ask(described, all, 'alpha')).reply.text;
        for (const mark of world.marks.alpha)
          if (everything.includes(mark)) expect(reply.text).toContain(mark);
      }
      if (reaches(cell, 'alpha')) expectAnswered(asked);
      if (changed.length > 0) await world.restore();
    }
  });

  it('answers those who may, and changes nothing where it refuses them for another reason', async () => {
    // Of the first partner it was seen above, with what is shown.
    for (const cell of cells.filter((one) => roles.includes(one.role) && reaches(one, 'beta'))) {
      const asked = await ask(described, cell, 'beta');
      expectAnswered(asked);
      if (asked.changed.length > 0) await world.restore();
    }
  });

  function expectAnswered({ cell, reply, changed }: Asked): void {
    expect([500, 503], `${nameOf(cell)}: ${reply.text}`).not.toContain(reply.status);
    // The example guesses passwords; who asks is known all the same.
    if (reply.status === 401) expect([cell.kind, codeOf(reply)]).toEqual(['person', 'sign_in_refused']);
    // Some things are only for those who reach everything: users and keys are nobody's.
    // A session and a password are things that programs do not have.
    if (cell.scope === 'all' && reply.status === 403)
      expect([cell.kind, codeOf(reply)]).toEqual(['program', 'person_required']);
    if (named(cell) && !(needsAll && cell.scope !== 'all')) expect(reply.status, reply.text).not.toBe(404);
    expect(described.statuses, reply.text).toContain(reply.status);
    if (reply.status >= 400) expect(changed, reply.text).toEqual([]);
    if (operation.method === 'GET') expect(changed).toEqual([]);
  }
});

it('the rows of the table change something for those who may: the cells above were not all refused', async () => {
  const silent: string[] = [];
  const admin = cells.find(({ role, scope }) => role === 'admin' && scope === 'all')!;
  for (const { id, operation } of guarded.filter(({ operation }) => operation.method !== 'GET')) {
    const { reply } = await ask(describeOperation(id, operation), admin, 'alpha');
    if (reply.status >= 400) silent.push(`${id} ${reply.status} ${codeOf(reply)}`);
    await world.restore();
  }
  const changing = guarded.filter(({ operation }) => operation.method !== 'GET');
  expect(changing.length - silent.length, silent.join(', ')).toBeGreaterThanOrEqual(12);
});
