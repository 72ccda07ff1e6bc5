import { TransferError } from '#domain';
import type { ControlChannel } from '../control-channel.ts';
import { type Login, learnFeatures, logIn, type ProtectionReplies, protectData } from '../control-steps.ts';
import type { Features } from '../features.ts';
import { leavesSessionUsable, refused } from '../replies.ts';
import type { Reply } from '../reply-reader.ts';
import type { TlsIdentity } from '../tls-identity.ts';
import { type RunningTransfer, TransferDialogue, type TransferWish } from '../transfer-dialogue.ts';
import { errorOf, Knock, type Surroundings } from './knock.ts';
import type { TrialRoutes } from './trial-routes.ts';

/**
 * How often one examination logs in: the first session, one without TLS reuse, one with commands sent ahead, and three to
 * replace what broke. After a refusal there is no further try: accounts are locked for less.
 */
export const MAX_LOGINS = 6;

/** Gives out logins while there are any left. */
export class LoginBudget {
  #left = MAX_LOGINS;
  #refused: TransferError | undefined;

  get used(): number {
    return MAX_LOGINS - this.#left;
  }

  take(): void {
    if (this.#refused) throw this.#refused;
    if (this.#left === 0)
      throw new TransferError('server_busy', {
        phase: 'authenticate',
        detail: `the doctor logs in ${MAX_LOGINS} times at most`,
      });
    this.#left -= 1;
  }

  /** No login after this one. */
  close(refusal: TransferError): void {
    this.#refused ??= refusal;
  }
}

/** A session that logged in: a Knock that was let in. */
export class Visit {
  readonly around: Surroundings;
  readonly control: ControlChannel;
  readonly peerAddress: string;
  features: Features = new Map();
  /** null before, and on plain FTP. */
  #protection: ProtectionReplies = { pbszReply: null, protReply: null };
  readonly #knock: Knock;
  readonly #identity: TlsIdentity;
  #dialogues: TransferDialogue[] = [];

  private constructor(knock: Knock, identity: TlsIdentity) {
    this.around = knock.around;
    this.control = knock.control;
    this.#knock = knock;
    this.#identity = identity;
    const { endpoint, proxy } = knock.around;
    // Through a proxy, the socket's peer is the proxy.
    this.peerAddress = proxy ? endpoint.host : (knock.raw.remoteAddress ?? endpoint.host);
  }

  /** Logs in on a connection that is secured. Leaves nothing open when it rejects. */
  static async begin(knock: Knock, identity: TlsIdentity, login: Login, budget: LoginBudget): Promise<Visit> {
    const visit = new Visit(knock, identity);
    try {
      budget.take();
      await logIn(knock.step, login);
      return visit;
    } catch (thrown) {
      knock.cut();
      const error = errorOf(thrown, 'authenticate');
      budget.close(error);
      throw error;
    }
  }

  /** A whole new session, as far as transfers need it. */
  static async another(
    around: Surroundings,
    identity: TlsIdentity,
    login: Login,
    budget: LoginBudget,
  ): Promise<Visit> {
    const visit = await Visit.begin(await Knock.secured(around, identity), identity, login, budget);
    try {
      await visit.protectData();
      await visit.learn();
      return visit;
    } catch (error) {
      await visit.leave();
      throw error;
    }
  }

  get broken(): boolean {
    return this.control.failure !== undefined || !this.control.inStep;
  }

  /** Final replies that have come, looked at or not. */
  get repliesSeen(): number {
    return this.#knock.repliesSeen;
  }

  ask(verb: string, argument?: string): Promise<Reply> {
    return this.#knock.ask(verb, argument);
  }

  /** Writes several things to the control connection as one segment. */
  together<T>(act: () => T): T {
    const stream = this.#knock.handshake?.socket ?? this.#knock.raw;
    stream.cork();
    try {
      return act();
    } finally {
      stream.uncork();
    }
  }

  /** Rejects with `tls_private_data_refused`. */
  async protectData(): Promise<void> {
    if (this.#knock.handshake) this.#protection = await protectData(this.#knock.step);
  }

  async learn(): Promise<void> {
    this.features = await learnFeatures(this.#knock.step);
    const type = await this.ask('TYPE', 'I');
    if (type.code !== 200) throw refused('protocol_violation', 'negotiate', type);
  }

  /** One transfer up to its secured data connection. */
  async transfer(routes: TrialRoutes, wish: TransferWish): Promise<RunningTransfer> {
    const begun = await this.tryTransfer(routes, wish);
    if ('transfer' in begun) return begun.transfer;
    throw refused(wish.fallback, this.control.phase, begun.refusal);
  }

  tryTransfer(
    routes: TrialRoutes,
    wish: TransferWish,
  ): Promise<{ transfer: RunningTransfer } | { refusal: Reply }> {
    const { endpoint, deadlines, observer } = this.around;
    const { sessionId, handshake, tickets, authReply } = this.#knock;
    const dialogue = new TransferDialogue({
      control: this.control,
      routes,
      endpoint,
      handshake,
      // As sessions with `pipelining` do: what is tried here is what they will rely on.
      pipelining: routes.pipelining,
      identity: this.#identity,
      tickets,
      occasion: { sessionId, endpoint: endpoint.name, mode: endpoint.mode, authReply, ...this.#protection },
      deadlines,
      observer,
    });
    this.#dialogues.push(dialogue);
    return dialogue.begin(wish);
  }

  /** After something went wrong: the connection is cut unless both sides still agree. */
  takeStock(thrown: unknown): TransferError {
    const error = errorOf(thrown, this.control.phase);
    if (!this.control.inStep || !(leavesSessionUsable(error) || error.reply !== undefined)) this.cut(error);
    return error;
  }

  cut(error: TransferError): void {
    this.control.abandon(error);
    for (const dialogue of this.#dialogues) dialogue.abandon(error);
  }

  async leave(): Promise<void> {
    await this.#knock.leave();
    this.cut(new TransferError('connection_lost', { phase: this.control.phase }));
  }
}
