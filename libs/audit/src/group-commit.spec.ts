import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type SqlTx, type Store, StoreUnavailable } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { GroupCommit, type RecordKind } from './group-commit.ts';

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
});

afterAll(async () => {
  await store.close();
  await database.stop();
});

interface Noted {
  groups: string[][];
  kind: RecordKind<string, string>;
}

/** Makes partners; the database refuses a second one of the same name, this kind itself refuses "refused". */
function partners(rank = 1): Noted {
  const groups: string[][] = [];
  const kind: RecordKind<string, string> = {
    rank,
    async record(tx, names) {
      groups.push([...names]);
      await tx.$executeRaw`
        INSERT INTO partner (name) SELECT unnest(${names.filter((name) => name !== 'refused')}::text[])`;
      return names.map((name) =>
        name === 'refused' ? { refused: new Error('not this one') } : { value: `made ${name}` },
      );
    },
  };
  return { groups, kind };
}

const namesIn = async (names: string[]) =>
  (await store.db.partner.findMany({ where: { name: { in: names } }, orderBy: { name: 'asc' } })).map(
    ({ name }) => name,
  );

describe('what is submitted at once', () => {
  it('is one transaction, and what comes meanwhile is the next one', async () => {
    const { groups, kind } = partners();
    const commit = new GroupCommit(store);
    const submitted = ['a1', 'a2', 'a3'].map((name) => commit.submit(kind, name));
    const later = submitted[0]!.then(() => namesIn(['a1', 'a2', 'a3']));
    expect(await Promise.all(submitted)).toEqual(['made a1', 'made a2', 'made a3']);
    expect(await later).toEqual(['a1', 'a2', 'a3']);
    expect(groups).toEqual([['a1', 'a2', 'a3']]);
  });

  it('is recorded in the order of its kinds, whoever came first', async () => {
    const order: string[] = [];
    const kindOf = (rank: number): RecordKind<string, void> => ({
      rank,
      async record(_, entries) {
        order.push(...entries);
        return entries.map(() => ({ value: undefined }));
      },
    });
    const [first, second] = [kindOf(1), kindOf(2)];
    const commit = new GroupCommit(store);
    await Promise.all([commit.submit(second, 'fact'), commit.submit(first, 'handshake')]);
    expect(order).toEqual(['handshake', 'fact']);
  });

  it('is refused one by one: a refusal is the answer to one, the others are committed', async () => {
    const { kind } = partners();
    const commit = new GroupCommit(store);
    const settled = await Promise.allSettled(
      ['b1', 'refused', 'b2'].map((name) => commit.submit(kind, name)),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await namesIn(['b1', 'b2'])).toEqual(['b1', 'b2']);
  });

  it('is tried one by one when the database refuses one of them, and nothing of that one stays', async () => {
    const { groups, kind } = partners();
    const commit = new GroupCommit(store);
    const settled = await Promise.allSettled(['c1', 'c2', 'c1'].map((name) => commit.submit(kind, name)));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(await namesIn(['c1', 'c2'])).toEqual(['c1', 'c2']);
    expect(groups).toEqual([['c1', 'c2', 'c1'], ['c1'], ['c2'], ['c1']]);
  });
});

describe('a commit that is not answered', () => {
  it('is not repeated: it may have happened', async () => {
    const { groups, kind } = partners();
    const lost = new StoreUnavailable('57P01', undefined);
    const cut: Store = {
      ...store,
      async sqlTransaction<T>(act: (tx: SqlTx) => Promise<T>): Promise<T> {
        await store.sqlTransaction(act);
        throw lost;
      },
    };
    const commit = new GroupCommit(cut);
    const settled = await Promise.allSettled(['d1', 'd2'].map((name) => commit.submit(kind, name)));
    expect(settled).toEqual([
      { status: 'rejected', reason: lost },
      { status: 'rejected', reason: lost },
    ]);
    expect(groups).toEqual([['d1', 'd2']]);
  });
});
