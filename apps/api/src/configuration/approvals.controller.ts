import { Controller, Inject } from '@nestjs/common';
import type { Approval, InputOf, Page } from '#contract';
import type { Identity } from '#identity';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { toApproval } from './approval-object.ts';

/** What waits for a second person, whatever part of Waybill it is of. */
@Controller()
export class ApprovalsController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listApprovals')
  list(@Input() { query }: InputOf<'listApprovals'>, @Caller() caller: Identity): Promise<Page<Approval>> {
    return toPage(this.#parts.configuration.approvals.search(caller, query), toApproval);
  }

  @Operation('getApproval')
  async get(@Input() { params }: InputOf<'getApproval'>, @Caller() caller: Identity): Promise<Approval> {
    return toApproval(await this.#parts.configuration.approvals.find(caller, params.id));
  }

  @Operation('approveApproval')
  async approve(
    @Input() { params, body }: InputOf<'approveApproval'>,
    @Caller() caller: Identity,
  ): Promise<Approval> {
    return toApproval(await this.#parts.configuration.approvals.approve(caller, params.id, body.note));
  }

  @Operation('rejectApproval')
  async reject(
    @Input() { params, body }: InputOf<'rejectApproval'>,
    @Caller() caller: Identity,
  ): Promise<Approval> {
    return toApproval(await this.#parts.configuration.approvals.reject(caller, params.id, body.reason));
  }
}
