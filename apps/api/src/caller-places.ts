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
  take(identity: Pick<Identity, 'actor'>): () => void {
    const { name } = identity.actor;
    const leave = this.takeIfFree(identity);
    if (leave) return leave;
    throw new ApiProblem(
      'too_many_requests',
      this.#ownOf(identity) >= this.#limits.mostOfOne
        ? `${name} has ${this.#ownOf(identity)} ${this.#what} open already.`
        : `This process serves as many ${this.#what} as it can.`,
    );
  }

  /** The same, for who can do without: undefined when there is none. */
  takeIfFree(identity: Pick<Identity, 'actor'>): (() => void) | undefined {
    const own = this.#ownOf(identity);
    if (own >= this.#limits.mostOfOne || this.count >= this.#limits.most) return undefined;
    const who = nameOf(identity);
    this.#taken.set(who, own + 1);
    return () => {
      const left = this.#taken.get(who)! - 1;
      if (left > 0) this.#taken.set(who, left);
      else this.#taken.delete(who);
    };
  }

  #ownOf(identity: Pick<Identity, 'actor'>): number {
    return this.#taken.get(nameOf(identity)) ?? 0;
  }
}

function nameOf({ actor }: Pick<Identity, 'actor'>): string {
  return `${actor.kind} ${actor.name}`;
}
