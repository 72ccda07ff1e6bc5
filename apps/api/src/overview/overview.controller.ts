import { Controller, Inject } from '@nestjs/common';
import { type InputOf, MOST_ATTENTION, type OverviewObject, type UpcomingFiresObject } from '#contract';
import type { Identity } from '#identity';
import { upcomingFires } from '#schedule';
import { findArmedSchedules, readOverview } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { CallerPlaces } from '../caller-places.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { momentOf } from '../stored-values.ts';
import { toOverview, toUpcomingFires } from './overview-object.ts';

const HOUR_MS = 3_600_000;
const USUAL_TIME_MS = 12 * HOUR_MS;
const LONGEST_TIME_MS = 7 * 24 * HOUR_MS;
const FARTHEST_FIRE_MS = 48 * HOUR_MS;
/** Of one route: a day of every half hour. One of every minute must not hide the nightly ones. */
const MOST_OF_ONE_ROUTE = 48;
/** As with previews of one schedule: five hundred fires are a second of the process, in small pieces. */
const PLACES = { most: 8, mostOfOne: 1 };

/** How the night is going, for whoever is on duty. */
@Controller()
export class OverviewController {
  readonly #parts: ApiParts;
  readonly #places = new CallerPlaces('lists of upcoming fires', PLACES);

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('getOverview')
  async overview(
    @Input() { query }: InputOf<'getOverview'>,
    @Caller() caller: Identity,
  ): Promise<OverviewObject> {
    const { store } = this.#parts;
    const to = momentOf(query.to) ?? (await store.now());
    const from = momentOf(query.from) ?? new Date(to.getTime() - USUAL_TIME_MS);
    if (from > to) throw refused('from', 'must not be after `to`, which is now unless you say it');
    if (to.getTime() - from.getTime() > LONGEST_TIME_MS)
      throw refused('from', 'must be at most 7 days before `to`');
    return toOverview({ from, to }, await readOverview(store.db, caller, { from, to }, MOST_ATTENTION));
  }

  @Operation('listUpcomingFires')
  async upcoming(
    @Input() { query }: InputOf<'listUpcomingFires'>,
    @Caller() caller: Identity,
  ): Promise<UpcomingFiresObject> {
    const leave = this.#places.take(caller);
    try {
      return await this.#find(query, caller);
    } finally {
      leave();
    }
  }

  async #find(
    { until: said, limit }: InputOf<'listUpcomingFires'>['query'],
    caller: Identity,
  ): Promise<UpcomingFiresObject> {
    const { store } = this.#parts;
    const now = await store.now();
    const until = momentOf(said) ?? new Date(now.getTime() + USUAL_TIME_MS);
    if (until < now) throw refused('until', 'must not be in the past');
    if (until.getTime() - now.getTime() > FARTHEST_FIRE_MS)
      throw refused('until', 'must be at most 48 hours from now');
    // Whoever is not among the first of so many has no fire that is shown; the one more is what is left out.
    const schedules = await findArmedSchedules(store.db, caller, { until, limit: limit + 1 });
    const found = await upcomingFires({ schedules, now, until, limit, mostOfOne: MOST_OF_ONE_ROUTE });
    return toUpcomingFires({ from: now, until }, found);
  }
}

function refused(field: string, message: string): ApiProblem {
  return new ApiProblem('invalid_request', `\`${field}\` ${message}.`, [{ path: `query.${field}`, message }]);
}
