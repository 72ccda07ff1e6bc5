import { type Approval, type Client, collectPages } from '#contract';
import { type Actor, APPROVAL_STATES } from '#domain';
import { oneOf } from '../api-client.ts';
import { changeLines } from '../change-lines.ts';
import type { Terminal } from '../terminal.ts';

const STATES = [...APPROVAL_STATES, 'all'] as const;

export async function listApprovals(
  api: Client,
  terminal: Terminal,
  options: { state: string; limit: number; json?: boolean },
): Promise<void> {
  const asked = oneOf(STATES, '--state', options.state);
  const query = { state: asked === 'all' ? undefined : asked };
  const approvals = await collectPages(api, 'listApprovals', { query }, options.limit);
  if (options.json) return terminal.json(approvals);
  if (approvals.length === 0)
    terminal.note(asked === 'pending' ? 'nothing waits for approval' : 'no approvals');
  for (const approval of approvals) for (const line of describeApproval(approval)) terminal.line(line);
}

/**
 * Pure: who asked for what, all of it, and what to do about it. Nothing is cut: whoever approves what he has not seen is no
 * second pair of eyes.
 */
export function describeApproval(approval: Approval): string[] {
  const { id, kind, state, requestedAt, requestedBy, summary, changes } = approval;
  return [
    `${requestedAt}  ${kind}  ${stateOf(approval)}  ${id}`,
    `  ${nameOf(requestedBy)} asks to ${summary}`,
    ...changeLines(changes).map((line) => `    ${line}`),
    ...(state === 'pending'
      ? [`  then: waybill approvals approve ${id}   (or waybill approvals reject ${id} --reason TEXT)`]
      : []),
  ];
}

export async function decideApproval(
  api: Client,
  terminal: Terminal,
  verb: 'approve' | 'reject',
  id: string,
  { note, reason, json }: { note?: string; reason?: string; json?: boolean },
): Promise<void> {
  const params = { id };
  const approval =
    verb === 'approve'
      ? await api.approveApproval({ params, body: { note } })
      : await api.rejectApproval({ params, body: { reason: reason ?? '' } });
  if (json) return terminal.json(approval);
  terminal.line(`approval ${id} is ${stateOf(approval)}`);
  if (approval.state === 'approved') for (const line of changeLines(approval.changes)) terminal.line(line);
}

function stateOf({ state, decidedBy, note }: Approval): string {
  if (state === 'pending' || !decidedBy) return state;
  return `${state} by ${nameOf(decidedBy)}${note ? `: ${note}` : ''}`;
}

function nameOf({ kind, name }: Actor): string {
  return kind === 'user' ? name : `${kind} ${name}`;
}
