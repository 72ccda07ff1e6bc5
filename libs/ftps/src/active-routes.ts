import type { ActivePolicy } from '#domain';
import { type ActiveListener, listenActive } from './active-listener.ts';
import type { ControlChannel } from './control-channel.ts';
import type { DataRoutes } from './data-routes.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import type { Dialling } from './dial.ts';
import { isNotImplemented, isPositive, refusalCode, refused } from './replies.ts';

export interface ActiveSettings {
  control: ControlChannel;
  deadlines: FtpsDeadlines;
  policy: ActivePolicy;
  /** Of the control connection. */
  localAddress: string;
  peerAddress: string;
}

/** The server connects to us: EPRT, and PORT from then on where EPRT is not understood. */
export class ActiveRoutes implements DataRoutes {
  readonly #settings: ActiveSettings;
  #withoutEprt = false;

  constructor(settings: ActiveSettings) {
    this.#settings = settings;
  }

  /** A port is opened for the transfer that is asked for, never before. */
  askAhead(): void {}

  async open({ allowHalfOpen }: { allowHalfOpen: boolean }): Promise<Dialling> {
    const { control, deadlines, policy, localAddress, peerAddress } = this.#settings;
    const listener = await listenActive({
      policy,
      localAddress,
      expectedPeer: peerAddress,
      // The server connects after it has read the transfer command, often together with its 150.
      deadlineMs: deadlines.replyMs + deadlines.connectMs,
      phase: control.phase,
      allowHalfOpen,
      note: (text) => control.note(text),
    });
    try {
      await this.#announce(listener);
      return listener;
    } catch (error) {
      listener.destroy();
      throw error;
    }
  }

  async #announce({ portCommand, fallback }: ActiveListener): Promise<void> {
    const { control, deadlines } = this.#settings;
    const command = this.#withoutEprt && fallback ? fallback : portCommand;
    let reply = await control.exchange(command.verb, command.argument, deadlines.replyMs);
    if (command.verb === 'EPRT' && fallback && isNotImplemented(reply)) {
      control.note('EPRT is not understood: PORT from here on');
      this.#withoutEprt = true;
      reply = await control.exchange(fallback.verb, fallback.argument, deadlines.replyMs);
    }
    if (!isPositive(reply)) throw refused(refusalCode(reply, 'connection_lost'), control.phase, reply);
  }
}
