/** One thing that has to work; resolves with undefined when it does, otherwise with what is wrong. */
export type HealthCheck = () => Promise<string | undefined>;

export interface HealthReport {
  /** It should get work. */
  ok: boolean;
  /** Something is wrong that keeping work away from this process would not mend. */
  degraded: boolean;
  checks: Record<string, { ok: boolean; reason?: string }>;
}

/** A check that hangs would make the answer hang, and who asks would learn nothing. */
const CHECK_DEADLINE_MS = 5_000;

/** Named checks of a process: readiness says whether it should get work now, and why not. */
export class Health {
  readonly #checks = new Map<string, { check: HealthCheck; advisory: boolean }>();
  readonly #deadlineMs: number;

  constructor(deadlineMs = CHECK_DEADLINE_MS) {
    this.#deadlineMs = deadlineMs;
  }

  /** @param options advisory: people have to hear of it, but this process is as ready as any other */
  add(name: string, check: HealthCheck, { advisory = false }: { advisory?: boolean } = {}): void {
    this.#checks.set(name, { check, advisory });
  }

  async report(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.#checks].map(async ([name, { check, advisory }]) => ({
        name,
        advisory,
        result: await ask(check, this.#deadlineMs),
      })),
    );
    return {
      ok: results.every(({ advisory, result }) => advisory || result.ok),
      degraded: results.some(({ advisory, result }) => advisory && !result.ok),
      checks: Object.fromEntries(results.map(({ name, result }) => [name, result])),
    };
  }
}

async function ask(check: HealthCheck, deadlineMs: number): Promise<{ ok: boolean; reason?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, `no answer for ${deadlineMs / 1_000} s`);
  });
  try {
    const reason = await Promise.race([check(), deadline]);
    return reason === undefined ? { ok: true } : { ok: false, reason };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
