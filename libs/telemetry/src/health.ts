/** One thing that has to work; resolves with undefined when it does, otherwise with what is wrong. */
export type HealthCheck = () => Promise<string | undefined>;

export interface HealthReport {
  ok: boolean;
  checks: Record<string, { ok: boolean; reason?: string }>;
}

/** Named checks of a process: readiness says whether it should get work now, and why not. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();

  add(name: string, check: HealthCheck): void {
    this.#checks.set(name, check);
  }

  async report(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await ask(check)] as const),
    );
    return { ok: results.every(([, result]) => result.ok), checks: Object.fromEntries(results) };
  }
}

async function ask(check: HealthCheck): Promise<{ ok: boolean; reason?: string }> {
  try {
    const reason = await check();
    return reason === undefined ? { ok: true } : { ok: false, reason };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
