import { type ErrorCode, type FtpsEndpoint, TransferError } from '#domain';
import type { SessionObserver } from '#protocol';
import type { ControlChannel } from './control-channel.ts';
import { DataChannel, type DataChannelSettings } from './data-channel.ts';
import type { DataRoutes } from './data-routes.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import type { Dialling } from './dial.ts';
import type { Exchange } from './exchange.ts';
import { translate } from './protocol-violation.ts';
import { isPositive, refused, transferRefusalCode } from './replies.ts';
import type { Reply } from './reply-reader.ts';
import type { TicketStore } from './ticket-store.ts';
import type { TlsIdentity } from './tls-identity.ts';
import type { Handshake, NegotiationOccasion } from './tls-negotiation.ts';

/** What every data connection of one session shares. */
export interface TransferSettings {
  control: ControlChannel;
  routes: DataRoutes;
  endpoint: FtpsEndpoint;
  /** Of the control connection; undefined on plain FTP. */
  handshake: Handshake | undefined;
  /** The server keeps in step when commands are sent ahead. */
  pipelining: boolean;
  identity: TlsIdentity;
  tickets: TicketStore;
  occasion: Omit<NegotiationOccasion, 'channel' | 'command' | 'legacyPolicy'>;
  deadlines: FtpsDeadlines;
  observer: SessionObserver;
}

export type TransferVerb = 'RETR' | 'STOR' | 'MLSD' | 'LIST';

export interface TransferWish {
  verb: TransferVerb;
  argument: string | undefined;
  /** close_notify has to be seen. */
  tapped: boolean;
  /** What 550 and 553 mean here. */
  fallback: ErrorCode;
  /** REST: the last command before the transfer (RFC 3659 section 5.3). */
  restartAt?: bigint | undefined;
}

/** Opens data connections and the transfers on them. */
export class TransferDialogue {
  readonly #settings: TransferSettings;
  readonly #fromControl: FromControl;
  #current: DataChannel | undefined;

  constructor(settings: TransferSettings) {
    this.#settings = settings;
    this.#fromControl = fromControl(settings);
  }

  /** What can be asked before the command ahead of it is answered, where the server keeps in step. */
  prepareNext(): void {
    this.#settings.routes.askAhead();
  }

  /** A transfer has begun and not ended. */
  get underWay(): boolean {
    return this.#current !== undefined && !this.#current.over;
  }

  /**
   * Up to the secured data connection: the passive address; TCP and the command at once; TLS after the 1yz reply
   * (RFC 4217 section 12.7: some servers reset an earlier ClientHello). A refusal leaves the session in step.
   */
  async begin(wish: TransferWish): Promise<{ transfer: RunningTransfer } | { refusal: Reply }> {
    const { control, deadlines, routes } = this.#settings;
    const dialling = await routes.open({ allowHalfOpen: wish.tapped });
    const data = this.#dataChannel(wish, dialling);
    this.#current = data;
    let exchange: Exchange;
    try {
      if (wish.restartAt !== undefined) {
        const refusal = await this.#restartAt(wish.restartAt);
        if (refusal) {
          data.destroy();
          return { refusal };
        }
      }
      exchange = control.send(wish.verb, wish.argument);
    } catch (error) {
      data.destroy();
      throw error;
    }
    const reply = exchange.next(deadlines.replyMs);
    const first = await firstOf(reply, data.connected, deadlines.latePreliminaryMs).catch(
      (error: unknown) => {
        data.destroy();
        throw error;
      },
    );
    if (first && first.code >= 300) {
      data.destroy();
      return { refusal: first };
    }
    const final = reply.then((begun) => (begun.code >= 200 ? begun : exchange.final()));
    const transfer = new RunningTransfer(this.#settings, data, exchange, final, wish.fallback);
    if (first) routes.askAhead();
    try {
      await data.secure();
    } catch (error) {
      throw await transfer.explain(error);
    }
    return { transfer };
  }

  /** Ends the data connection under way, if any. */
  abandon(error: TransferError): void {
    this.#current?.abandon(error);
  }

  async #restartAt(offset: bigint): Promise<Reply | undefined> {
    const { control, deadlines } = this.#settings;
    const reply = await control.exchange('REST', String(offset), deadlines.replyMs);
    return reply.code === 350 ? undefined : reply;
  }

  #dataChannel(wish: TransferWish, dialling: Dialling): DataChannel {
    const { identity, tickets, deadlines, observer, occasion, control, handshake } = this.#settings;
    const { endsEarly, ...sameForAll } = this.#fromControl;
    const legacyPolicy = handshake?.fact.legacyPolicy ?? null;
    return new DataChannel({
      dialling,
      occasion: { ...occasion, channel: 'data', command: wish.verb, legacyPolicy },
      identity,
      tickets,
      ...sameForAll,
      endsEarly: endsEarly && !wish.tapped,
      deadlines,
      observer,
      phase: control.phase,
      tapped: wish.tapped,
    });
  }
}

type FromControl = Pick<
  DataChannelSettings,
  'clearBy' | 'controlSpkiSha256' | 'keyExchangeGroup' | 'endsEarly'
>;

/** What the control connection decides for every data connection. */
function fromControl({ endpoint, handshake, pipelining }: TransferSettings): FromControl {
  const clearData = endpoint.tls.dataProtection === 'clear' ? 'clear_data' : null;
  return {
    clearBy: endpoint.protocol === 'ftp' ? 'plain_ftp' : clearData,
    controlSpkiSha256: handshake?.evidence.certificates[0]?.spkiSha256 ?? null,
    keyExchangeGroup: handshake?.fact.keyExchangeGroup ?? null,
    // Our close_notify goes out when a download begins: the server's final reply then comes with the bytes.
    endsEarly: pipelining && handshake?.fact.protocol === 'TLSv1.3',
  };
}

/** A transfer whose data connection stands. */
export class RunningTransfer {
  readonly data: DataChannel;
  readonly #settings: TransferSettings;
  readonly #exchange: Exchange;
  readonly #final: Promise<Reply>;
  readonly #fallback: ErrorCode;
  #refusal: Reply | undefined;

  constructor(
    settings: TransferSettings,
    data: DataChannel,
    exchange: Exchange,
    final: Promise<Reply>,
    fallback: ErrorCode,
  ) {
    this.data = data;
    this.#settings = settings;
    this.#exchange = exchange;
    this.#final = final;
    this.#fallback = fallback;
    // A refusal in the middle of the data ends it; a 226 that overtakes the data does not.
    final.then(
      (reply) => {
        if (isPositive(reply)) return;
        this.#refusal = reply;
        data.abandon(this.#refused(reply));
      },
      (error: unknown) => data.abandon(TransferError.from(error, settings.control.phase)),
    );
  }

  /** Everything the peer sends, then its confirmation. An error of the sink ends it like one of the connection. */
  async receive(sink: (chunk: Buffer) => void): Promise<void> {
    try {
      await this.data.receive(sink);
    } catch (error) {
      throw await this.explain(error);
    }
    await this.confirm();
  }

  /** Done means both sides agree: the data has ended, now the control connection has to confirm it. */
  async confirm(): Promise<void> {
    this.#exchange.limit(this.#settings.deadlines.finalReplyMs);
    const reply = await this.#final;
    if (reply.code !== 226 && reply.code !== 250) throw this.#refused(reply);
    await this.data.closed(this.#settings.deadlines.closingMs);
  }

  /** Data broke: the server's reply, when it comes soon, says more than a reset connection. */
  async explain(thrown: unknown): Promise<TransferError> {
    const { control } = this.#settings;
    const error = translate(thrown, control.phase);
    this.data.abandon(error);
    if (control.failure) return control.failure;
    if (this.#refusal) return this.#refused(this.#refusal);
    // Our own verdict on the peer stands whatever it says.
    if (!this.data.brokenByPeer && !this.data.silent) return error;
    const reply = await within(this.#final, this.#settings.deadlines.explanationMs);
    return reply && !isPositive(reply) ? this.#refused(reply, error) : error;
  }

  #refused(reply: Reply, cause?: TransferError): TransferError {
    const code = transferRefusalCode(reply, this.data, this.#fallback);
    const error = refused(code, this.#settings.control.phase, reply);
    return cause ? new TransferError(code, { phase: error.phase, reply: error.reply!, cause }) : error;
  }
}

/** The first reply, or undefined when TCP stands and the reply is held back. */
async function firstOf(
  reply: Promise<Reply>,
  connected: Promise<unknown>,
  waitMs: number,
): Promise<Reply | undefined> {
  const late = Promise.withResolvers<undefined>();
  let decided = false;
  let timer: NodeJS.Timeout | undefined;
  connected.then(
    () => {
      if (!decided) timer = setTimeout(() => late.resolve(undefined), waitMs);
    },
    () => {},
  );
  try {
    return await Promise.race([reply, late.promise]);
  } finally {
    decided = true;
    clearTimeout(timer);
  }
}

async function within(reply: Promise<Reply>, waitMs: number): Promise<Reply | undefined> {
  const silence = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => silence.resolve(undefined), waitMs);
  try {
    return await Promise.race([reply, silence.promise]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
