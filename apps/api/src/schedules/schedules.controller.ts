import { Controller, Inject } from '@nestjs/common';
import { type InputOf, parseSchedule, type SchedulePreviewObject } from '#contract';
import type { Identity } from '#identity';
import { cronProblem, type PreviewQuestion, previewSchedule } from '#schedule';
import { findRoute } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { CallerPlaces } from '../caller-places.ts';
import { ApiProblem, bodyRefused } from '../http/api-problem.ts';
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
    return this.#inTurn(caller, () => this.#find(input, caller));
  }

  @Operation('previewUnsavedSchedule')
  async previewUnsaved(
    @Input() { body }: InputOf<'previewUnsavedSchedule'>,
    @Caller() caller: Identity,
  ): Promise<SchedulePreviewObject> {
    const { schedule: wanted, window: open, ...question } = body;
    const given = { schedule: wanted, ...(open && { window: open }) };
    const parsed = parseSchedule(given, { validateCron: cronProblem });
    if (!parsed.ok) throw bodyRefused(parsed.problems);
    const { schedule, window } = parsed.part;
    return this.#inTurn(caller, async () => {
      const now = await this.#parts.store.now();
      const state = { enabled: true, paused: false, nextFireAt: null, now };
      return explain(null, { schedule, window, ...state }, question);
    });
  }

  async #inTurn<T>(caller: Identity, act: () => Promise<T>): Promise<T> {
    const leave = this.#places.take(caller);
    try {
      return await act();
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
    const state = { enabled, nextFireAt, paused: paused !== null, now: await store.now() };
    return explain(name, { schedule, window, ...state }, query);
  }
}

type Question = Pick<InputOf<'previewSchedule'>['query'], 'count' | 'from' | 'downUntil'>;

async function explain(
  route: string | null,
  state: Omit<PreviewQuestion, 'count' | 'from' | 'downUntil'>,
  { count, from, downUntil }: Question,
): Promise<SchedulePreviewObject> {
  const moments = { from: momentOf(from), downUntil: momentOf(downUntil) };
  return { route, ...(await previewSchedule({ ...state, count, ...moments })) };
}
