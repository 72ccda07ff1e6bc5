/** How many times per window the rate is looked at. */
const LOOKS_PER_WINDOW = 6;

export interface DataRateRule {
  windowMs: number;
  minimumBytesPerSecond: number;
  /** Bytes so far. */
  progress(): number;
  /** True while we ourselves hold the data up: that time does not count against the peer. */
  waitingForUs(): boolean;
  tooSlow(): void;
}

/** Watches that data keeps a minimum rate over every window, so that a dripping peer cannot hold a session. */
export function watchDataRate(rule: DataRateRule): { stop(): void } {
  let windowStartMs = performance.now();
  let windowStartBytes = rule.progress();
  const neededBytes = (rule.minimumBytesPerSecond * rule.windowMs) / 1000;
  const look = () => {
    const nowMs = performance.now();
    const bytes = rule.progress();
    if (bytes - windowStartBytes >= neededBytes || rule.waitingForUs()) {
      windowStartMs = nowMs;
      windowStartBytes = bytes;
    } else if (nowMs - windowStartMs >= rule.windowMs) {
      stop();
      rule.tooSlow();
    }
  };
  const timer = setInterval(look, Math.max(10, rule.windowMs / LOOKS_PER_WINDOW));
  const stop = () => clearInterval(timer);
  return { stop };
}
