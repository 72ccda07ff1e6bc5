import type { CapabilityProfile, Finding, FtpsEndpoint } from '#domain';
import type { SessionObserver } from '#protocol';
import { DEFAULT_DEADLINES, type FtpsDeadlines } from '../deadlines.ts';
import { abortReason } from '../ftps-session.ts';
import type { FtpsSessionOptions } from '../open-session.ts';
import { revealedProxy } from '../proxy.ts';
import { DataExamination } from './examine-data.ts';
import { examineReach } from './examine-reach.ts';
import type { Surroundings } from './knock.ts';
import { type FindingSink, Notebook } from './notebook.ts';

/** A person waits for the answer: shorter than those of a transfer. */
const DEADLINES: FtpsDeadlines = {
  ...DEFAULT_DEADLINES,
  connectMs: 10_000,
  handshakeMs: 10_000,
  replyMs: 15_000,
  finalReplyMs: 30_000,
  hashReplyMs: 30_000,
  dataWindowMs: 15_000,
};

export interface ExaminationOptions extends FtpsSessionOptions {
  /** Absolute path at the endpoint where the doctor may write, rename and delete files of its own. */
  folder?: string | undefined;
}

export interface Examination {
  findings: Finding[];
  /** null where nobody was let in: what was known before stays true. */
  profile: CapabilityProfile | null;
}

/**
 * Examines an FTPS server step by step and judges what it sees in plain words. What fails becomes a finding and does not
 * stop steps that do not depend on it; a refused login stops at once and is never repeated.
 *
 * At most 12 handshakes without a login and 6 logins, one connection at a time. Every handshake goes to `observer`, as
 * those of sessions do. Rejects only when `signal` aborts or the sink throws; files it has made are removed then too.
 */
export async function examineEndpoint(
  options: ExaminationOptions,
  observer: SessionObserver,
  onFinding: FindingSink,
  signal: AbortSignal,
): Promise<Examination> {
  const notebook = new Notebook(onFinding, new Date());
  // A copy: nothing the caller does to its object later reaches this examination.
  const endpoint: FtpsEndpoint = structuredClone(options.endpoint);
  const around: Surroundings = {
    endpoint,
    deadlines: { ...DEADLINES, ...options.deadlines },
    observer,
    signal,
    lookup: options.lookup,
    check: options.checkDestination,
    proxy: revealedProxy(endpoint, options.proxyPassword),
    secrets: [options.password, ...(options.account === undefined ? [] : [options.account])],
  };
  try {
    const admission = await examineReach(around, options, notebook);
    if (admission) await new DataExamination(around, options, admission, notebook).run();
    return { findings: notebook.findings, profile: admission ? notebook.profile : null };
  } catch (error) {
    throw signal.aborted ? abortReason(signal, 'connect') : error;
  }
}
