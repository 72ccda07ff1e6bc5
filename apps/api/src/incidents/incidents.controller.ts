import { Controller, Inject } from '@nestjs/common';
import type { IncidentAnswer } from '#audit';
import type { Incident, InputOf, Page } from '#contract';
import type { Identity } from '#identity';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { findIncident, listIncidents } from './incidents.queries.ts';

@Controller()
export class IncidentsController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listIncidents')
  list(@Input() input: InputOf<'listIncidents'>): Promise<Page<Incident>> {
    return listIncidents(this.#parts.store, input.query);
  }

  @Operation('getIncident')
  get(@Input() input: InputOf<'getIncident'>): Promise<Incident> {
    return this.#find(input.params.id);
  }

  @Operation('acknowledgeIncident')
  acknowledge(@Input() input: InputOf<'acknowledgeIncident'>, @Caller() caller: Identity): Promise<Incident> {
    return this.#answer(input.params.id, caller, { kind: 'acknowledge', note: input.body.note });
  }

  @Operation('snoozeIncident')
  snooze(@Input() input: InputOf<'snoozeIncident'>, @Caller() caller: Identity): Promise<Incident> {
    const { until, note } = input.body;
    return this.#answer(input.params.id, caller, { kind: 'snooze', until: new Date(until), note });
  }

  @Operation('resolveIncident')
  resolve(@Input() input: InputOf<'resolveIncident'>, @Caller() caller: Identity): Promise<Incident> {
    return this.#answer(input.params.id, caller, { kind: 'resolve', reason: input.body.reason });
  }

  async #answer(id: string, caller: Identity, answer: IncidentAnswer): Promise<Incident> {
    await this.#parts.recorder.answerIncident(id, caller.actor, answer);
    return this.#find(id);
  }

  async #find(id: string): Promise<Incident> {
    const incident = await findIncident(this.#parts.store, id);
    if (!incident) throw new ApiProblem('not_found', `There is no incident ${id}.`);
    return incident;
  }
}
