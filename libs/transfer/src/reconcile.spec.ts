import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Capabilities } from '#protocol';
import { DIRECT, type Fate, MemoryFiles, type MemoryLink, MemorySession } from '#protocol/testing';
import { moveFile } from './move-file.ts';
import type { MoveFact, MoveOrder } from './order.ts';

const signal = new AbortController().signal;
const TRANSFER = '00000000-0000-4000-8000-000000000001';
const BYTES = Buffer.from('the file');
const part = (fence: number) => `/in/.waybill-${TRANSFER}-${fence}.part`;

const LIKE_FTP: Capabilities = {
  renameNoReplace: false,
  hashes: [],
  resume: true,
  local: false,
  convertsText: false,
  strongestAssurance: 'read_back',
};

let source: MemoryFiles;
let destination: MemoryFiles;

beforeEach(() => {
  source = new MemoryFiles();
  destination = new MemoryFiles();
  source.makeDirectory('/out');
  destination.makeDirectory('/in');
  source.place('/out/a.csv', BYTES, 'partner');
});

function session(files: MemoryFiles, link: MemoryLink = DIRECT): MemorySession {
  return new MemorySession(
    { name: 'partner', files, capabilities: LIKE_FTP, chunkBytes: 4 },
    'session',
    link,
  );
}

function order(changes: Partial<MoveOrder> = {}): MoveOrder {
  return {
    transferId: TRANSFER,
    fence: 1,
    version: { path: '/out/a.csv', sizeBytes: 8n, modified: source.get('/out/a.csv')!.modified },
    destinationPath: '/in/a.csv',
    onExisting: 'refuse',
    onAmbiguous: 'hold',
    minimumAssurance: 'size',
    resume: false,
    keepModified: false,
    afterDelivery: { source: 'delete' },
    previous: {
      publishIntended: false,
      temporaryPath: null,
      sizeBytes: null,
      sha256: null,
      assurance: null,
      delivered: false,
    },
    ...changes,
  };
}

/** The first attempt has committed its intent, and its worker is silent since. */
function afterIntent(fence: number, changes: Partial<MoveOrder> = {}): MoveOrder {
  const sha256 = createHash('sha256').update(BYTES).digest('hex');
  return order({
    fence,
    previous: {
      publishIntended: true,
      temporaryPath: part(1),
      sizeBytes: 8n,
      sha256,
      assurance: 'size',
      delivered: false,
    },
    ...changes,
  });
}

async function kindsOf(moving: AsyncGenerator<MoveFact>, until?: MoveFact['kind']): Promise<string[]> {
  const kinds: string[] = [];
  for (let next = await moving.next(); !next.done; next = await moving.next()) {
    kinds.push(next.value.kind);
    if (next.value.kind === until) return kinds;
  }
  return kinds;
}

/** Something happens right before a request of this kind is served. */
function justBefore(verb: string, path: string, happens: () => void): MemoryLink {
  return {
    request: async (operation): Promise<Fate> => {
      if (operation.verb === verb && operation.path === path) happens();
      return 'served';
    },
    answer: async () => {},
  };
}

const finalNames = () => destination.paths.filter((path) => !path.includes('.waybill-'));

describe('an intent whose outcome was never recorded', () => {
  it('can be proved not to have been carried out until that is recorded, however many workers die on the way', async () => {
    destination.place(part(1), BYTES, 'first');
    const second = moveFile(afterIntent(2), session(source), session(destination), signal);
    expect(await kindsOf(second, 'publish_withdrawn')).toEqual(['publish_withdrawn']);
    // Killed before that could be committed.
    const third = afterIntent(3, { onAmbiguous: 'assume_delivered' });
    const kinds = await kindsOf(moveFile(third, session(source), session(destination), signal));
    expect(kinds).toEqual([
      'publish_withdrawn',
      'streaming',
      'verifying',
      'publish_intended',
      'published',
      'disposed',
    ]);
    expect(destination.paths).toEqual(['/in/a.csv']);
  });

  it('is not sent again when its worker wakes and renames while it is being looked for', async () => {
    destination.place(part(1), BYTES, 'first');
    const wakes = justBefore('rename', part(1), () => destination.rename(part(1), '/in/a.csv', 'first'));
    const kinds = await kindsOf(
      moveFile(
        afterIntent(2, { onExisting: 'version' }),
        session(source),
        session(destination, wakes),
        signal,
      ),
    );
    expect(kinds).toEqual(['published', 'disposed']);
    expect(destination.paths).toEqual(['/in/a.csv']);
  });

  it('is found while another worker that woke gives the temporary file its own name', async () => {
    destination.place(part(1), BYTES, 'first');
    const wakes = justBefore('stat', part(1), () => destination.rename(part(1), part(2), 'second'));
    const third = moveFile(afterIntent(3), session(source), session(destination, wakes), signal);
    expect(await kindsOf(third, 'publish_withdrawn')).toEqual(['publish_withdrawn']);
    expect(destination.paths).toEqual([part(3)]);
  });

  it('leaves nothing for its worker to rename', async () => {
    destination.place(part(1), BYTES, 'first');
    const second = moveFile(afterIntent(2), session(source), session(destination), signal);
    await kindsOf(second, 'publish_withdrawn');
    await expect(
      session(destination).rename(part(1), '/in/a.csv', { overwrite: true }, signal),
    ).rejects.toMatchObject({ code: 'path_not_found' });
    expect(finalNames()).toEqual([]);
  });
});

describe('a rename that is confirmed and not done', () => {
  const pretending: MemoryLink = {
    request: async ({ verb, to }) => (verb === 'rename' && to === '/in/a.csv' ? 'pretended' : 'served'),
    answer: async () => {},
  };

  it.each(['hold', 'resend', 'assume_delivered'] as const)(
    'is found out by the temporary name; nothing is in doubt then, and the source stays (%s)',
    async (onAmbiguous) => {
      const moving = moveFile(
        order({ onAmbiguous }),
        session(source),
        session(destination, pretending),
        signal,
      );
      await kindsOf(moving, 'publish_intended');
      expect((await moving.next()).value).toMatchObject({ kind: 'publish_withdrawn' });
      await expect(moving.next()).rejects.toMatchObject({ code: 'rename_failed' });
      expect(source.paths).toEqual(['/out/a.csv']);
      expect(destination.paths).toEqual([]);
    },
  );

  it('is found out where a file of the same size was to be replaced', async () => {
    destination.place('/in/a.csv', Buffer.from('old file'), 'partner');
    const moving = moveFile(
      order({ onExisting: 'overwrite' }),
      session(source),
      session(destination, pretending),
      signal,
    );
    await expect(kindsOf(moving)).rejects.toMatchObject({ code: 'rename_failed' });
  });
});

describe('disposing of the source', () => {
  it('does not touch it when this worker stood still for longer than its lease', async () => {
    const published = { ...order().previous, delivered: true };
    const late = order({ previous: published, stillHeld: () => false });
    await expect(
      kindsOf(moveFile(late, session(source), session(destination), signal)),
    ).rejects.toMatchObject({ code: 'lease_lost', phase: 'dispose' });
    expect(source.paths).toEqual(['/out/a.csv']);
  });
});
