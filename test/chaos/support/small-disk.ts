import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILLER = 'filler';
const PIECE_BYTES = 4096;

/** A tmpfs of a few MiB; `small` is the folder that files are delivered to, the rest of it takes the room away. */
export class SmallDisk {
  readonly root: string;
  readonly directory: string;

  private constructor(root: string) {
    this.root = root;
    this.directory = join(root, 'small');
  }

  /** undefined where this user may not mount one. */
  static mount(sizeBytes: number): SmallDisk | undefined {
    const disk = new SmallDisk(mkdtempSync(join(tmpdir(), 'waybill-small-disk-')));
    const options = ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=755`, 'tmpfs', disk.root];
    if (spawnSync('mount', options).status !== 0) {
      rmSync(disk.root, { recursive: true });
      return undefined;
    }
    mkdirSync(disk.directory);
    // The server's own user writes here.
    chmodSync(disk.directory, 0o777);
    return disk;
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.root);
    return bavail * bsize;
  }

  /** Fills it until exactly this much is free. */
  async leaveFree(bytes: number): Promise<void> {
    await this.makeRoom();
    await using filler = await open(join(this.root, FILLER), 'w');
    const piece = Buffer.alloc(PIECE_BYTES, 0xff);
    for (let left = (await this.freeBytes()) - bytes; left >= PIECE_BYTES; left -= PIECE_BYTES)
      await filler.write(piece);
  }

  async makeRoom(): Promise<void> {
    await rm(join(this.root, FILLER), { force: true });
  }

  unmount(): void {
    spawnSync('umount', [this.root]);
    rmSync(this.root, { recursive: true, force: true });
  }
}
