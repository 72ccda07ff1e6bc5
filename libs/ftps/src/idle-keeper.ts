import type { ControlChannel } from './control-channel.ts';

/**
 * Keeps NAT devices and impatient servers from dropping a session that has nothing to do: NOOP while it is idle,
 * never during an operation. Its answer is not waited for; replies come in order.
 */
export class IdleKeeper {
  readonly #control: ControlChannel;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** `intervalMs` 0: never. */
  constructor(control: ControlChannel, intervalMs: number) {
    this.#control = control;
    this.#intervalMs = intervalMs;
  }

  rest(): void {
    this.wake();
    if (this.#intervalMs > 0) this.#timer = setInterval(() => this.#beat(), this.#intervalMs).unref();
  }

  wake(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    if (this.#control.failure) this.wake();
    // One at a time: a server that does not answer is found out by the next operation.
    else if (this.#control.quiet) this.#control.send('NOOP', undefined, { ahead: true });
  }
}
