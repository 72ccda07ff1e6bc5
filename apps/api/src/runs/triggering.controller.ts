import { Controller, Inject } from '@nestjs/common';
import { UnknownRoute } from '#audit';
import type { InputOf, Run } from '#contract';
import type { Identity } from '#identity';
import { findRun, isWhole, mayUseRoute } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { demandCallable, demandOwnSecret } from './demand-callable.ts';
import { ringRun } from './ring-run.ts';
import { queuedRun, toRun } from './run-object.ts';

@Controller()
export class TriggeringController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('triggerRun')
  async trigger(@Input() input: InputOf<'triggerRun'>, @Caller() caller: Identity): Promise<Run> {
    const { recorder, store, egress } = this.#parts;
    const publicOnly = !isWhole(caller);
    if (!(await mayUseRoute(store.db, caller, input.params.name))) throw new UnknownRoute(input.params.name);
    const request = {
      routeName: input.params.name,
      trigger: 'api' as const,
      requestedBy: caller.actor,
      idempotencyKey: input.headers['idempotency-key'],
      parameters: input.body.parameters,
      files: input.body.files,
      callback: input.body.callback && {
        url: input.body.callback.url,
        secret: input.body.callback.secretRef.secret,
        publicOnly,
      },
    };
    const { callback } = request;
    // A repeat is answered as the first one was, whatever has become of the call-back's address or secret.
    const repeat = callback && (await recorder.findRepeat(request));
    if (callback && !repeat) {
      await demandOwnSecret(store.db, caller, request.routeName, callback.secret);
      await demandCallable(egress, callback.url, { publicOnly });
    }
    const requested =
      repeat ?? (await recorder.createRun({ ...request, answer: (run) => queuedRun(run, request) }));
    const { run, created } = requested;
    if (!created)
      return (requested.answer as Run | undefined) ?? toRun((await findRun(store.db, caller, run.id))!);
    // Committed is accepted; whether the queue hears it now or the sweep later, the caller has nothing to wait for.
    void ringRun(this.#parts, run);
    return queuedRun(run, request);
  }
}
