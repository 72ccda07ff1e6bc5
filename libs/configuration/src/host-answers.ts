import type { FieldProblem } from '#contract';
import type { Endpoint } from '#domain';
import type { AnyChange } from './object-changes.ts';

/** The egress policy. `byProxy`: the name is looked up and dialled by a proxy, not by us. */
export type HostProblem = (
  host: string,
  port: number,
  by: { byProxy: boolean },
) => string | undefined | Promise<string | undefined>;

interface Place {
  /** Within the endpoint. */
  path: string;
  host: string;
  port: number;
  byProxy: boolean;
}

/**
 * What was answered about the hosts of one change. To ask may take as long as a name server does: nobody asks while he holds
 * the lock of the configuration, and nothing is written with a host that was not asked about.
 */
export class HostAnswers {
  readonly #hostProblem: HostProblem | undefined;
  readonly #answers = new Map<string, string | undefined>();

  constructor(hostProblem: HostProblem | undefined) {
    this.#hostProblem = hostProblem;
  }

  /** The places that nobody has asked about yet. */
  unknown(changes: readonly AnyChange[]): Place[] {
    if (!this.#hostProblem) return [];
    return changes.flatMap(placesOf).filter((place) => !this.#answers.has(keyOf(place)));
  }

  /** All at once: names that nobody answers for would otherwise be waited for one after the other. */
  async ask(places: readonly Place[]): Promise<void> {
    const each = [...new Map(places.map((place) => [keyOf(place), place])).entries()];
    await Promise.all(
      each.map(async ([key, { host, port, byProxy }]) => {
        this.#answers.set(key, await this.#hostProblem?.(host, port, { byProxy }));
      }),
    );
  }

  /** @param prefix of the paths, for the object that is changed */
  problems(changes: readonly AnyChange[], prefix: (change: AnyChange) => string): FieldProblem[] {
    return changes.flatMap((change) =>
      placesOf(change).flatMap((place) => {
        const message = this.#answers.get(keyOf(place));
        return message === undefined ? [] : [{ path: `${prefix(change)}${place.path}`, message }];
      }),
    );
  }
}

function placesOf({ noun, after }: AnyChange): Place[] {
  if (noun !== 'endpoint' || !after) return [];
  const endpoint = after as Endpoint;
  if (endpoint.protocol === 'local') return [];
  const { host, port, proxy } = endpoint;
  return [
    { path: 'host', host, port, byProxy: proxy !== undefined },
    ...(proxy ? [{ path: 'proxy.host', host: proxy.host, port: proxy.port, byProxy: false }] : []),
  ];
}

function keyOf({ host, port, byProxy }: Place): string {
  return JSON.stringify([host, port, byProxy]);
}
