import type { BlockList } from 'node:net';
import { TransferError } from '#domain';
import type { DestinationCheck } from './checked-destination.ts';
import type { ControlChannel } from './control-channel.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import { type Dialling, type DialRequest, dial, refusalOfKnown } from './dial.ts';
import type { Exchange } from './exchange.ts';
import { dataAddress, readExtendedPassive, readPassive } from './passive-address.ts';
import type { RevealedProxy } from './proxy.ts';
import { isNotImplemented, refusalCode, refused } from './replies.ts';
import type { Reply } from './reply-reader.ts';
import { isIpv6Peer } from './socket-address.ts';

/** Makes the TCP connection of each transfer: asks the server for it, and remembers what the server understands. */
export interface DataRoutes {
  /** The connection may still be in the making when this resolves: the command can be sent meanwhile. */
  open(wish: { allowHalfOpen: boolean }): Promise<Dialling>;
  /** Asks for the next one before the command ahead is done, where that is possible. */
  askAhead(): void;
}

export interface PassiveSettings {
  control: ControlChannel;
  deadlines: FtpsDeadlines;
  /** IP address of the control connection's peer: never a second DNS answer of ours. Its name where a proxy resolves it. */
  peerAddress: string;
  /** The endpoint's host, for the check. */
  host: string;
  proxy: RevealedProxy | undefined;
  check: DestinationCheck | undefined;
  addressPolicy: 'control_host' | 'advertised';
  advertisedNetworks: BlockList | undefined;
  command: 'auto' | 'epsv' | 'pasv';
  /** The server keeps in step when commands are sent ahead. */
  pipelining: boolean;
}

export class PassiveRoutes implements DataRoutes {
  readonly #settings: PassiveSettings;
  #command: 'EPSV' | 'PASV';
  /** One data connection has stood: only then a command is worth sending before the next one does. */
  #proven = false;
  #ahead: Exchange | undefined;
  /** Once: a server that knows neither is not asked in turns. */
  #fellBack = false;

  constructor(settings: PassiveSettings) {
    this.#settings = settings;
    const { addressPolicy, command, peerAddress } = settings;
    // Only PASV states an address; only EPSV knows IPv6.
    const wantsPasv = command === 'pasv' || (command === 'auto' && addressPolicy === 'advertised');
    this.#command = wantsPasv && !isIpv6Peer(peerAddress) ? 'PASV' : 'EPSV';
  }

  askAhead(): void {
    if (!this.#settings.pipelining || !this.#proven || this.#ahead) return;
    this.#ahead = this.#settings.control.send(this.#command, undefined, { ahead: true });
  }

  async open({ allowHalfOpen }: { allowHalfOpen: boolean }): Promise<Dialling> {
    const dialling = this.#dial(await this.#ask(), allowHalfOpen);
    if (this.#proven) return dialling;
    const failure = await dialling.connected.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) {
      this.#proven = true;
      return dialling;
    }
    if (this.#command !== 'EPSV' || !this.#mayFallBack) throw failure;
    // Firewalls that read PASV replies open the way for PASV alone.
    this.#fallBack('the data connection that EPSV named could not be made');
    return this.#dial(await this.#ask(), allowHalfOpen);
  }

  #dial({ address, port }: { address: string; port: number }, allowHalfOpen: boolean): Dialling {
    const { control, deadlines, host, peerAddress, proxy, check } = this.#settings;
    const request: DialRequest = {
      host: address,
      port,
      deadlineMs: deadlines.connectMs,
      phase: control.phase,
      allowHalfOpen,
      proxy,
      check,
      channel: 'data',
      hostName: address === peerAddress ? host : undefined,
    };
    // Thrown before the transfer command goes out: another passive command would name a port of the same server.
    const because = refusalOfKnown(request);
    if (because !== undefined)
      throw new TransferError('egress_refused', { phase: control.phase, detail: because });
    return dial(request);
  }

  async #ask(): Promise<{ address: string; port: number }> {
    const { control, peerAddress } = this.#settings;
    const command = this.#command;
    const reply = await this.#replyOf(command);
    if (reply.code === 229 && command === 'EPSV')
      return { address: peerAddress, port: readExtendedPassive(reply) };
    if (reply.code === 227 && command === 'PASV') return this.#advertised(reply);
    if (!isNotImplemented(reply) || !this.#mayFallBack)
      throw refused(refusalCode(reply, 'connection_lost'), control.phase, reply);
    this.#fallBack(`${command} is not understood`);
    return this.#ask();
  }

  #advertised(reply: Reply): { address: string; port: number } {
    const { control, peerAddress, addressPolicy, advertisedNetworks } = this.#settings;
    const { address: advertised, port } = readPassive(reply);
    const { address, ignored } = dataAddress(addressPolicy, peerAddress, advertised, advertisedNetworks);
    if (ignored) control.note(`advertised data address ${ignored} ignored: ${address} is dialled`);
    return { address, port };
  }

  async #replyOf(command: 'EPSV' | 'PASV'): Promise<Reply> {
    const { control, deadlines } = this.#settings;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (!ahead) return control.exchange(command, undefined, deadlines.replyMs);
    const reply = await ahead.final(deadlines.replyMs);
    // Anything but the asked-for address means that replies and commands have come apart.
    if (reply.code !== (command === 'EPSV' ? 229 : 227))
      throw control.abandon(
        new TransferError('protocol_violation', {
          phase: control.phase,
          detail: `${command} was sent ahead and answered with ${reply.code}: switch \`pipelining\` off for this endpoint`,
        }),
      );
    return reply;
  }

  get #mayFallBack(): boolean {
    const { command, peerAddress } = this.#settings;
    return command === 'auto' && !this.#fellBack && !isIpv6Peer(peerAddress);
  }

  #fallBack(reason: string): void {
    this.#fellBack = true;
    this.#command = this.#command === 'EPSV' ? 'PASV' : 'EPSV';
    this.#settings.control.note(`${reason}: ${this.#command} from here on`);
  }
}
