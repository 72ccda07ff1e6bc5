import type { Identity } from '#identity';
import { ApiProblem } from './http/api-problem.ts';

/** How many long answers there may be at once: of this process, and of one identity. */
export interface PlaceLimits {
  most: number;
  mostOfOne: number;
}

/** Who has one takes it from others: counted from the moment it is asked for. */
export class CallerPlaces {
  readonly #limits: PlaceLimits;
  /** `event streams`, as a sentence says it. */
  readonly #what: string;
  readonly #taken = new Map<string, number>();

  constructor(what: string, limits: PlaceLimits) {
    this.#what = what;
    this.#limits = limits;
  }

  get count(): number {
    return [...this.#taken.values()].reduce((sum, each) => sum + each, 0);
  }

  /** Gives the place back when called. @throws ApiProblem when there is none */
  take({ actor }: Pick<Identity, 'actor'>): () => void {
    const who = `${actor.kind} ${actor.name}`;
    const own = this.#taken.get(who) ?? 0;
    if (own >= this.#limits.mostOfOne)
      throw new ApiProblem('too_many_requests', `${actor.name} has ${own} ${this.#what} open already.`);
    if (this.count >= this.#limits.most)
      throw new ApiProblem('too_many_requests', `This process serves as many ${this.#what} as it can.`);
    this.#taken.set(who, own + 1);
    return () => {
      const left = this.#taken.get(who)! - 1;
      if (left > 0) this.#taken.set(who, left);
      else this.#taken.delete(who);
    };
  }
}
