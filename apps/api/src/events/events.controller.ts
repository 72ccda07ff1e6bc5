import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { type InputOf, OPERATIONS } from '#contract';
import type { Identity } from '#identity';
import { Caller, Input, Operation, type WaybillRequest } from '../http/operation.ts';
import { EventStreams, type StreamOrder } from './event-streams.ts';

/** What happens, as it happens. */
@Controller()
export class EventsController {
  readonly #streams: EventStreams;

  constructor(@Inject(EventStreams) streams: EventStreams) {
    this.#streams = streams;
  }

  @Operation('streamEvents')
  all(
    @Input() input: InputOf<'streamEvents'>,
    @Caller() identity: Identity,
    @Req() request: WaybillRequest,
    @Res() response: Response,
  ): Promise<void> {
    const lastEventId = input.headers['last-event-id'];
    return this.#serve({ operation: OPERATIONS.streamEvents, request, response, identity, lastEventId });
  }

  @Operation('streamRunEvents')
  ofRun(
    @Input() input: InputOf<'streamRunEvents'>,
    @Caller() identity: Identity,
    @Req() request: WaybillRequest,
    @Res() response: Response,
  ): Promise<void> {
    const operation = OPERATIONS.streamRunEvents;
    const runId = input.params.id;
    const lastEventId = input.headers['last-event-id'];
    return this.#serve({ operation, request, response, identity, runId, lastEventId });
  }

  async #serve(order: StreamOrder): Promise<void> {
    // Express hands HEAD to whoever takes GET; its answer has no body that could be streamed.
    if (order.request.method === 'HEAD') return void order.response.end();
    await this.#streams.serve(order);
  }
}
