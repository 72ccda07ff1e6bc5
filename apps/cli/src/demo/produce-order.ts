import { randomBytes, randomInt } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROWS = 120;

/** A new file in our outbox, written aside and renamed: what an application that hands over files should do. */
export async function produceOrder(outbox: string, now: Date): Promise<string> {
  const stamp = now.toISOString().replace(/[-:]/g, '').slice(0, 15);
  const name = `order-${stamp}-${randomBytes(2).toString('hex')}.csv`;
  const rows = Array.from(
    { length: ROWS },
    (_, row) => `${row + 1};ART-${randomInt(10_000, 99_999)};${randomInt(1, 500)};pcs`,
  );
  const aside = join(outbox, `.${name}.writing`);
  await writeFile(aside, `line;article;quantity;unit\n${rows.join('\n')}\n`);
  await rename(aside, join(outbox, name));
  return name;
}
