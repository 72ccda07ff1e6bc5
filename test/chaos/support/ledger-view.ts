import pg from 'pg';

/** Reads the tables from outside, also while the database comes and goes. */
export class LedgerView {
  readonly #pool: pg.Pool;

  constructor(databaseUrl: string) {
    this.#pool = new pg.Pool({ connectionString: databaseUrl, max: 2, connectionTimeoutMillis: 2_000 });
    this.#pool.on('error', () => undefined);
  }

  /** Asks again until the database answers. */
  async rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      try {
        return (await this.#pool.query<Row>(text, values)).rows;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async count(text: string, values: unknown[] = []): Promise<number> {
    return Number((await this.rows<{ count: string }>(text, values))[0]!.count);
  }

  delivered(): Promise<number> {
    return this.count(`SELECT count(*) FROM transfer WHERE state = 'delivered'`);
  }

  /** Resolves when `count` files are delivered; how many are. */
  async deliveredAtLeast(count: number, deadlineMs: number): Promise<number> {
    return this.until(
      `${count} delivered files`,
      deadlineMs,
      () => this.delivered(),
      (now) => now >= count,
    );
  }

  /** Resolves when every run that was made is finished. */
  async allFinished(runIds: readonly string[], deadlineMs: number): Promise<void> {
    const states = () =>
      this.rows<{ state: string; count: string }>(
        `SELECT state, count(*) FROM run WHERE id::text = ANY($1) GROUP BY state`,
        [runIds],
      );
    await this.until('the end of all runs', deadlineMs, states, (rows) =>
      rows.every(({ state }) => !['queued', 'running'].includes(state)),
    );
  }

  async until<T>(
    what: string,
    deadlineMs: number,
    look: () => Promise<T>,
    enough: (seen: T) => boolean,
  ): Promise<T> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const seen = await look();
      if (enough(seen)) return seen;
      if (performance.now() > deadline)
        throw new Error(
          `${what} did not come in ${deadlineMs} ms: ${JSON.stringify(seen)}; ${await this.#work()}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #work(): Promise<string> {
    const rows = await this.rows(
      `SELECT state, error_code, error_detail, count(*) FROM transfer GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 12`,
    );
    return JSON.stringify(rows);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
