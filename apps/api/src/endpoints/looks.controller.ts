import { Controller, Inject } from '@nestjs/common';
import { recordEvent } from '#audit';
import { type InputOf, type LookObject, parseSelection } from '#contract';
import type { Identity } from '#identity';
import { findLook, type LookRecord, requestLook } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem, bodyRefused } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { errorOf, instantOrNull } from '../stored-values.ts';
import { demandOwnEndpoint } from './own-endpoint.ts';

/** What a route would find is asked for here, before there is one; a worker looks. */
@Controller()
export class LooksController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('lookAtEndpoint')
  async request(@Input() input: InputOf<'lookAtEndpoint'>, @Caller() caller: Identity): Promise<LookObject> {
    const { name } = input.params;
    const { endpoint, paused } = await demandOwnEndpoint(this.#parts, caller, name);
    const parsed = parseSelection(name, input.body);
    if (!parsed.ok) throw bodyRefused(parsed.problems);
    if (paused)
      throw new ApiProblem(
        'endpoint_paused',
        `${name} was paused by ${paused.by} (${paused.reason}): nobody looks there until it is resumed.`,
      );
    const { part: selection } = parsed;
    const isLocal = endpoint.protocol === 'local';
    const { workerTag } = input.query;
    const wish = { requestedBy: caller.actor.name, selection, workerTag, isLocal };
    const look = await this.#parts.store.transaction(async (tx) => {
      const requested = await requestLook(tx, wish);
      await recordEvent(tx, {
        actor: caller.actor,
        action: 'endpoint.look_requested',
        object: 'endpoint',
        objectId: name,
        details: { look: requested.id, path: selection.path },
      });
      return requested;
    });
    return toLook(look);
  }

  @Operation('getLook')
  async get(@Input() input: InputOf<'getLook'>, @Caller() caller: Identity): Promise<LookObject> {
    const look = await findLook(this.#parts.store.db, caller, input.params.id);
    if (!look) throw new ApiProblem('not_found', `There is no look ${input.params.id}.`);
    return toLook(look);
  }
}

function toLook(row: LookRecord): LookObject {
  const { id, endpoint, requestedBy, workerTag, state, seen, matched, leftOut, error } = row;
  const { endpoint: _, ...source } = row.selection;
  return {
    ...{ id, endpoint, requestedBy, workerTag, state },
    path: source.path,
    source,
    files: row.files.map((file) => ({ ...file, matches: file.why === null })),
    ...{ seen, matched, leftOut },
    error: errorOf(error),
    createdAt: row.createdAt.toISOString(),
    startedAt: instantOrNull(row.startedAt),
    finishedAt: instantOrNull(row.finishedAt),
  };
}
