import { Controller, Inject } from '@nestjs/common';
import { recordEvent } from '#audit';
import type { InputOf, ProbeObject } from '#contract';
import type { Identity } from '#identity';
import { findEndpoint, findLastProbe, findProbe, type ProbeRecord, requestProbe } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { errorOf, instantOrNull } from '../stored-values.ts';
import { demandOwnEndpoint } from './own-endpoint.ts';

/** The doctor is asked for here, and looked at; a worker does the work. */
@Controller()
export class ProbesController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('probeEndpoint')
  async request(@Input() input: InputOf<'probeEndpoint'>, @Caller() caller: Identity): Promise<ProbeObject> {
    const { name } = input.params;
    const { folder = null, workerTag } = input.body;
    await demandOwnEndpoint(this.#parts, caller, name);
    const probe = await this.#parts.store.transaction(async (tx) => {
      const wish = { endpoint: name, requestedBy: caller.actor.name, folder, workerTag };
      const requested = await requestProbe(tx, wish);
      await recordEvent(tx, {
        actor: caller.actor,
        action: 'endpoint.probe_requested',
        object: 'endpoint',
        objectId: name,
        details: { probe: requested.id, folder },
      });
      return requested;
    });
    return toProbe(probe);
  }

  @Operation('getLastProbe')
  async last(@Input() input: InputOf<'getLastProbe'>, @Caller() caller: Identity): Promise<ProbeObject> {
    const { name } = input.params;
    const { db } = this.#parts.store;
    if (!(await findEndpoint(db, caller, name)))
      throw new ApiProblem('not_found', `There is no endpoint ${name}.`);
    const probe = await findLastProbe(db, caller, name);
    if (!probe) throw new ApiProblem('not_found', `Endpoint ${name} was never examined.`);
    return toProbe(probe);
  }

  @Operation('getProbe')
  async get(@Input() input: InputOf<'getProbe'>, @Caller() caller: Identity): Promise<ProbeObject> {
    const probe = await findProbe(this.#parts.store.db, caller, input.params.id);
    if (!probe) throw new ApiProblem('not_found', `There is no examination ${input.params.id}.`);
    return toProbe(probe);
  }
}

function toProbe(row: ProbeRecord): ProbeObject {
  const { id, endpoint, requestedBy, folder, workerTag, state, findings, profile, error } = row;
  return {
    id,
    endpoint,
    requestedBy,
    folder,
    workerTag,
    state,
    findings,
    profile,
    error: errorOf(error),
    createdAt: row.createdAt.toISOString(),
    startedAt: instantOrNull(row.startedAt),
    finishedAt: instantOrNull(row.finishedAt),
  };
}
