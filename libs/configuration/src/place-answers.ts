import type { FieldProblem } from '#contract';
import type { Endpoint } from '#domain';
import type { AnyChange } from './object-changes.ts';

type Answer = string | undefined | Promise<string | undefined>;

/** What this installation says of the places that endpoints name: why not, or undefined. */
export interface PlaceRules {
  /** The egress policy. `byProxy`: the name is looked up and dialled by a proxy, not by us. */
  hostProblem?: (host: string, port: number, by: { byProxy: boolean }) => Answer;
  /** Which folders of this machine are endpoints'. */
  rootProblem?: (root: string, saidBy: SaidBy) => Answer;
}

/** A request over REST, or a file that somebody applies on the machine. */
export type SaidBy = 'request' | 'file';

interface Place {
  /** Within the endpoint. */
  path: string;
  key: string;
  ask(): Answer;
}

/**
 * What was answered about the hosts and folders of one change. To ask may take as long as a name server does: nobody asks while
 * he holds the lock of the configuration, and nothing is written with a place that was not asked about.
 */
export class PlaceAnswers {
  readonly #rules: PlaceRules;
  readonly #answers = new Map<string, string | undefined>();

  constructor(rules: PlaceRules) {
    this.#rules = rules;
  }

  /** The places that nobody has asked about yet. */
  unknown(changes: readonly AnyChange[], saidBy: SaidBy): Place[] {
    return changes
      .flatMap((change) => this.#placesOf(change, saidBy))
      .filter(({ key }) => !this.#answers.has(key));
  }

  /** All at once: names that nobody answers for would otherwise be waited for one after the other. */
  async ask(places: readonly Place[]): Promise<void> {
    const each = new Map(places.map((place) => [place.key, place]));
    await Promise.all([...each].map(async ([key, place]) => this.#answers.set(key, await place.ask())));
  }

  /** @param prefix of the paths, for the object that is changed */
  problems(
    changes: readonly AnyChange[],
    saidBy: SaidBy,
    prefix: (change: AnyChange) => string,
  ): FieldProblem[] {
    return changes.flatMap((change) =>
      this.#placesOf(change, saidBy).flatMap(({ path, key }) => {
        const message = this.#answers.get(key);
        return message === undefined ? [] : [{ path: `${prefix(change)}${path}`, message }];
      }),
    );
  }

  #placesOf({ noun, before, after }: AnyChange, saidBy: SaidBy): Place[] {
    if (noun !== 'endpoint' || !after) return [];
    const endpoint = after as Endpoint;
    if (endpoint.protocol === 'local') {
      const stands =
        (before as Endpoint | undefined)?.protocol === 'local' && rootOf(before) === endpoint.root;
      return stands ? [] : this.#root(endpoint.root, saidBy);
    }
    const { host, port, proxy } = endpoint;
    return [
      ...this.#host('host', host, port, proxy !== undefined),
      ...(proxy ? this.#host('proxy.host', proxy.host, proxy.port, false) : []),
    ];
  }

  #host(path: string, host: string, port: number, byProxy: boolean): Place[] {
    const { hostProblem } = this.#rules;
    if (!hostProblem) return [];
    const key = JSON.stringify([host, port, byProxy]);
    return [{ path, key, ask: () => hostProblem(host, port, { byProxy }) }];
  }

  #root(root: string, saidBy: SaidBy): Place[] {
    const { rootProblem } = this.#rules;
    if (!rootProblem) return [];
    return [{ path: 'root', key: JSON.stringify([root, saidBy]), ask: () => rootProblem(root, saidBy) }];
  }
}

function rootOf(object: unknown): string | undefined {
  return (object as { root?: string } | undefined)?.root;
}
