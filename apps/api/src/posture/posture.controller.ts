import { Controller, Inject } from '@nestjs/common';
import type { InputOf, Page, PostureObject } from '#contract';
import type { Identity } from '#identity';
import { searchPosture } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { momentOf } from '../stored-values.ts';
import { toPosture } from './posture-object.ts';

const USUAL_TIME_MS = 30 * 86_400_000;

/** How well connections to partners are protected, by what was seen of them. */
@Controller()
export class PostureController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listPosture')
  async list(
    @Input() { query }: InputOf<'listPosture'>,
    @Caller() caller: Identity,
  ): Promise<Page<PostureObject>> {
    const { store } = this.#parts;
    const now = await store.now();
    const to = momentOf(query.to) ?? now;
    const from = momentOf(query.from) ?? new Date(to.getTime() - USUAL_TIME_MS);
    return toPage(searchPosture(store.db, caller, { ...query, from, to }), (record) =>
      toPosture(record, now),
    );
  }
}
