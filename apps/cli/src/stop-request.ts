/** npm and the terminal each pass one Ctrl-C on: what follows so soon is the same wish. */
const SAME_WISH_MS = 700;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopRequest {
  /** Resolves when somebody wants the process to end. */
  readonly asked: Promise<NodeJS.Signals>;
  readonly isAsked: boolean;
  /** Called when somebody asks again while it is ending. */
  onImpatience(act: () => void): void;
  dispose(): void;
}

export function listenForStop(): StopRequest {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let askedAtMs: number | undefined;
  let impatient: () => void = () => undefined;
  const hear = (signal: NodeJS.Signals): void => {
    if (askedAtMs === undefined) {
      askedAtMs = performance.now();
      resolve(signal);
    } else if (performance.now() - askedAtMs > SAME_WISH_MS) impatient();
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    asked: promise,
    get isAsked() {
      return askedAtMs !== undefined;
    },
    onImpatience(act) {
      impatient = act;
    },
    dispose() {
      for (const signal of SIGNALS) process.off(signal, hear);
    },
  };
}
