import { Controller, Inject } from '@nestjs/common';
import type { IncidentAnswer } from '#audit';
import type { Incident, InputOf, Page } from '#contract';
import type { Identity } from '#identity';
import { findIncident, ownsIncident, searchIncidents } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { toIncident } from './incident-object.ts';

@Controller()
export class IncidentsController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listIncidents')
  list(@Input() input: InputOf<'listIncidents'>, @Caller() caller: Identity): Promise<Page<Incident>> {
    return toPage(searchIncidents(this.#parts.store.db, caller, input.query), toIncident);
  }

  @Operation('getIncident')
  get(@Input() input: InputOf<'getIncident'>, @Caller() caller: Identity): Promise<Incident> {
    return this.#find(caller, input.params.id);
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
    const { store, recorder } = this.#parts;
    const { endpoint } = await this.#find(caller, id);
    if (!(await ownsIncident(store.db, caller, id)))
      throw new ApiProblem(
        'forbidden',
        `Others use the endpoint ${endpoint} as well; whoever may see all of it answers this incident.`,
      );
    await recorder.answerIncident(id, caller.actor, answer);
    return this.#find(caller, id);
  }

  async #find(caller: Identity, id: string): Promise<Incident> {
    const incident = await findIncident(this.#parts.store.db, caller, id);
    if (!incident) throw new ApiProblem('not_found', `There is no incident ${id}.`);
    return toIncident(incident);
  }
}
