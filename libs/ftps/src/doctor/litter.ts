import { randomBytes } from 'node:crypto';
import { isPositive } from '../replies.ts';
import type { Visit } from './visit.ts';

/** Files of the doctor at the partner's: each is known before it is made, and stays known until it is surely gone. */
export class Litter {
  readonly #folder: string;
  /** Path -> whether it surely exists; false: it may. */
  readonly #files = new Map<string, boolean>();

  /** Anything was made, or was about to be. */
  everAnnounced = false;

  constructor(folder: string) {
    this.#folder = folder === '/' ? '' : folder.replace(/\/+$/, '');
  }

  get paths(): string[] {
    return [...this.#files.keys()];
  }

  /** A name nobody else has. Counts as there from now on. */
  announce(): string {
    const path = `${this.#folder}/.waybill-doctor-${randomBytes(6).toString('hex')}.part`;
    this.#files.set(path, false);
    this.everAnnounced = true;
    return path;
  }

  exists(path: string): void {
    this.#files.set(path, true);
  }

  /** A rename is on its way: it may be there under either name, or both answers may be lost. */
  doubt(path: string): void {
    this.#files.set(path, false);
  }

  /** It was never made, or is there under another name. */
  forget(path: string): void {
    this.#files.delete(path);
  }

  /** DELE for each; what cannot be deleted stays in the list. */
  async sweep(visit: Visit): Promise<void> {
    for (const [path, sure] of [...this.#files]) {
      const reply = await visit.ask('DELE', path);
      if (isPositive(reply)) this.#files.delete(path);
      // A file that may never have been made: SIZE tells.
      else if (!sure && (await visit.ask('SIZE', path)).code === 550) this.#files.delete(path);
    }
  }
}
