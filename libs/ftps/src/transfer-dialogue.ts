import { type ErrorCode, TransferError } from '#domain';
import type { SessionObserver } from '#protocol';
import type { ControlChannel } from './control-channel.ts';
import { DataChannel } from './data-channel.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import { dataAddress, readExtendedPassive, readPassive } from './passive-address.ts';
import { isNotImplemented, isPositive, refusalCode, refused, transferRefusalCode } from './replies.ts';
import type { Reply } from './reply-reader.ts';
import type { TicketStore } from './ticket-store.ts';
import type { TlsIdentity } from './tls-identity.ts';
import type { NegotiationOccasion } from './tls-negotiation.ts';

/** How long a server may hold its 1yz back while TCP is up: some wait for the TLS handshake with it. */
const LATE_PRELIMINARY_MS = 10_000;
/** When data breaks, how long the server's own explanation is awaited. */
const EXPLANATION_MS = 3_000;
/** How long a finished data connection may take to close. */
const CLOSING_MS = 1_000;

/** What every data connection of one session shares. */
export interface TransferSettings {
  control: ControlChannel;
  /** IP address of the control connection's peer: never a second DNS answer. */
  peerAddress: string;
  addressPolicy: 'control_host' | 'advertised';
  identity: TlsIdentity;
  tickets: TicketStore;
  controlSpkiSha256: string | null;
  occasion: Omit<NegotiationOccasion, 'command'>;
  deadlines: FtpsDeadlines;
  observer: SessionObserver;
}

export type TransferVerb = 'RETR' | 'STOR' | 'MLSD' | 'LIST';

/** Opens data connections; remembers which passive command the server understands. */
export class TransferDialogue {
  readonly #settings: TransferSettings;
  #passive: 'EPSV' | 'PASV';
  #current: DataChannel | undefined;

  constructor(settings: TransferSettings) {
    this.#settings = settings;
    // Only PASV states an address.
    this.#passive =
      settings.addressPolicy === 'advertised' && !settings.peerAddress.includes(':') ? 'PASV' : 'EPSV';
  }

  /**
   * Up to the secured data connection: EPSV; TCP and the command at once; TLS after the 1yz reply (RFC 4217
   * section 12.7: some servers reset an earlier ClientHello). A refusal of the command leaves the session in step.
   */
  async begin(
    verb: TransferVerb,
    argument: string | undefined,
    options: { tapped: boolean; fallback: ErrorCode },
  ): Promise<{ transfer: RunningTransfer } | { refusal: Reply }> {
    const { control, deadlines } = this.#settings;
    const data = await this.#dial(verb, options.tapped);
    this.#current = data;
    try {
      control.send(verb, argument);
    } catch (error) {
      data.destroy();
      throw error;
    }
    const reply = control.nextReply(deadlines.replyMs);
    const first = await firstOf(reply, data.connected).catch((error: unknown) => {
      data.destroy();
      throw error;
    });
    if (first && first.code >= 300) {
      data.destroy();
      return { refusal: first };
    }
    const final = reply.then((begun) => (begun.code >= 200 ? begun : control.finalReply()));
    const transfer = new RunningTransfer(this.#settings, data, final, options.fallback);
    try {
      await data.connected;
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

  async #dial(verb: TransferVerb, tapped: boolean): Promise<DataChannel> {
    const { identity, tickets, controlSpkiSha256, deadlines, observer, occasion, control } = this.#settings;
    const { address, port } = await this.#passiveAddress();
    return new DataChannel({
      address,
      port,
      occasion: { ...occasion, channel: 'data', command: verb },
      identity,
      tickets,
      controlSpkiSha256,
      deadlines,
      observer,
      phase: control.phase,
      tapped,
    });
  }

  async #passiveAddress(): Promise<{ address: string; port: number }> {
    const { control, deadlines, peerAddress, addressPolicy } = this.#settings;
    if (this.#passive === 'EPSV') {
      const reply = await control.exchange('EPSV', undefined, deadlines.replyMs);
      if (reply.code === 229) return { address: peerAddress, port: readExtendedPassive(reply) };
      if (!isNotImplemented(reply) || peerAddress.includes(':'))
        throw refused(refusalCode(reply, 'connection_lost'), control.phase, reply);
      control.note('EPSV is not understood: PASV from here on');
      this.#passive = 'PASV';
    }
    const reply = await control.exchange('PASV', undefined, deadlines.replyMs);
    if (reply.code !== 227) throw refused(refusalCode(reply, 'connection_lost'), control.phase, reply);
    const advertised = readPassive(reply);
    const { address, ignored } = dataAddress(addressPolicy, peerAddress, advertised.address);
    if (ignored) control.note(`advertised data address ${ignored} ignored: ${address} is dialled`);
    return { address, port: advertised.port };
  }
}

/** A transfer whose data connection stands. */
export class RunningTransfer {
  readonly data: DataChannel;
  readonly #settings: TransferSettings;
  readonly #final: Promise<Reply>;
  readonly #fallback: ErrorCode;
  #refusal: Reply | undefined;

  constructor(settings: TransferSettings, data: DataChannel, final: Promise<Reply>, fallback: ErrorCode) {
    this.data = data;
    this.#settings = settings;
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

  /** Done means both sides agree: the data has ended, now the control connection has to confirm it. */
  async confirm(): Promise<void> {
    const { control, deadlines } = this.#settings;
    control.limit(deadlines.finalReplyMs);
    const reply = await this.#final;
    if (reply.code !== 226 && reply.code !== 250) throw this.#refused(reply);
    await this.data.closed(CLOSING_MS);
  }

  /** Data broke: the server's reply, when it comes soon, says more than a reset connection. */
  async explain(thrown: unknown): Promise<TransferError> {
    const { control } = this.#settings;
    const error = TransferError.from(thrown, control.phase);
    this.data.abandon(error);
    if (control.failure) return control.failure;
    if (this.#refusal) return this.#refused(this.#refusal);
    // Our own verdict on the peer stands whatever it says.
    if (!this.data.brokenByPeer) return error;
    const reply = await within(this.#final, EXPLANATION_MS);
    return reply && !isPositive(reply) ? this.#refused(reply, error) : error;
  }

  #refused(reply: Reply, cause?: TransferError): TransferError {
    const code = transferRefusalCode(reply, this.data, this.#fallback);
    const error = refused(code, this.#settings.control.phase, reply);
    return cause ? new TransferError(code, { phase: error.phase, reply: error.reply!, cause }) : error;
  }
}

/** The first reply, or undefined when TCP stands and the reply is held back. */
async function firstOf(reply: Promise<Reply>, connected: Promise<void>): Promise<Reply | undefined> {
  const late = Promise.withResolvers<undefined>();
  let timer: NodeJS.Timeout | undefined;
  connected.then(
    () => {
      timer = setTimeout(() => late.resolve(undefined), LATE_PRELIMINARY_MS);
    },
    () => {},
  );
  try {
    return await Promise.race([reply, late.promise]);
  } finally {
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
