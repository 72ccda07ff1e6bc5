import { TransferError } from '#domain';
import type { ControlChannel } from '../control-channel.ts';
import type { DataRoutes } from '../data-routes.ts';
import { type Dialling, dial } from '../dial.ts';
import type { Exchange } from '../exchange.ts';
import { readExtendedPassive, readPassive } from '../passive-address.ts';
import { isPositive, refusalCode, refused } from '../replies.ts';
import type { Reply } from '../reply-reader.ts';
import type { Surroundings } from './knock.ts';

export type PassiveCommand = 'EPSV' | 'PASV';

/** One passive command and no other, so that what it does here can be told; the control connection's peer is dialled. */
export class TrialRoutes implements DataRoutes {
  /** What the server said last. */
  reply: Reply | undefined;
  /** The address in a PASV reply. */
  advertised: string | null = null;
  /** It named a port. */
  named = false;
  /** The data connection was made. */
  connected = false;
  /** Ask for the next port before the transfer ahead has ended, as `pipelining` does. */
  readonly pipelining: boolean;
  readonly #control: ControlChannel;
  readonly #around: Surroundings;
  readonly #peerAddress: string;
  readonly #command: PassiveCommand;
  #ahead: Exchange | undefined;

  constructor(
    visit: { control: ControlChannel; around: Surroundings; peerAddress: string },
    command: PassiveCommand,
    { pipelining = false } = {},
  ) {
    this.#control = visit.control;
    this.#around = visit.around;
    this.#peerAddress = visit.peerAddress;
    this.#command = command;
    this.pipelining = pipelining;
  }

  askAhead(): void {
    if (!this.pipelining || this.#ahead) return;
    this.#ahead = this.#control.send(this.#command, undefined, { ahead: true });
  }

  /** Resolves with TCP standing: a port that cannot be reached is then no reply lost. */
  async open({ allowHalfOpen }: { allowHalfOpen: boolean }): Promise<Dialling> {
    const { endpoint, deadlines, proxy, check } = this.#around;
    const port = await this.#askPort();
    const { phase } = this.#control;
    const dialling = dial({
      host: this.#peerAddress,
      port,
      deadlineMs: deadlines.connectMs,
      phase,
      allowHalfOpen,
      proxy,
      check,
      channel: 'data',
      hostName: endpoint.host,
    });
    await dialling.connected;
    this.connected = true;
    return dialling;
  }

  /** The answer to what was asked ahead, where nothing will follow. */
  async settle(): Promise<void> {
    if (this.#ahead) await this.#askPort();
  }

  async #askPort(): Promise<number> {
    const { replyMs } = this.#around.deadlines;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const reply = await (ahead ?? this.#control.send(this.#command)).final(replyMs);
    this.reply = reply;
    this.named ||= reply.code === (this.#command === 'EPSV' ? 229 : 227);
    if (this.#command === 'EPSV' && reply.code === 229) return readExtendedPassive(reply);
    if (this.#command === 'PASV' && reply.code === 227) {
      const { address, port } = readPassive(reply);
      this.advertised = address;
      return port;
    }
    if (ahead || isPositive(reply))
      throw new TransferError('protocol_violation', {
        phase: this.#control.phase,
        detail: `${this.#command} was answered with ${reply.code}`,
      });
    throw refused(refusalCode(reply, 'connection_lost'), this.#control.phase, reply);
  }
}
