import { Controller, Inject } from '@nestjs/common';
import type { InputOf, SchedulePreviewObject } from '#contract';
import type { Identity } from '#identity';
import { previewSchedule } from '#schedule';
import { findRoute } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { CallerPlaces } from '../caller-places.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { momentOf } from '../stored-values.ts';

/** Each takes a tenth of a second of the process, in pieces: whoever wants a hundred has them one after the other. */
const PLACES = { most: 8, mostOfOne: 1 };

/** When routes fire, before they do. */
@Controller()
export class SchedulesController {
  readonly #parts: ApiParts;
  readonly #places = new CallerPlaces('schedule previews', PLACES);

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('previewSchedule')
  async preview(
    @Input() input: InputOf<'previewSchedule'>,
    @Caller() caller: Identity,
  ): Promise<SchedulePreviewObject> {
    const leave = this.#places.take(caller);
    try {
      return await this.#find(input, caller);
    } finally {
      leave();
    }
  }

  async #find(
    { params: { name }, query }: InputOf<'previewSchedule'>,
    caller: Identity,
  ): Promise<SchedulePreviewObject> {
    const { store } = this.#parts;
    const found = await findRoute(store.db, caller, name);
    if (!found) throw new ApiProblem('not_found', `There is no route "${name}".`);
    const { route, nextFireAt, paused } = found;
    const { schedule, window, enabled } = route;
    if (!schedule)
      throw new ApiProblem('no_schedule', `The route ${name} has no schedule; it runs only when asked to.`);
    const preview = await previewSchedule({
      ...{ schedule, window, enabled, nextFireAt, paused: paused !== null, now: await store.now() },
      ...{ count: query.count, from: momentOf(query.from), downUntil: momentOf(query.downUntil) },
    });
    return { route: name, ...preview };
  }
}
