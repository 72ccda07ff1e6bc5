import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { processExists } from '../src/postgres-orphan.ts';
import type { UnprivilegedUser } from '../src/unprivileged-user.ts';

interface Report {
  ownerUrl?: string;
  pid?: number;
  port?: number;
  refused?: string;
}

/** Another process that has started the server of a home. */
export class HomeHolder {
  readonly #child: ChildProcess;
  readonly report: Report;

  private constructor(child: ChildProcess, report: Report) {
    this.#child = child;
    this.report = report;
  }

  static async start(
    home: string,
    options: { user?: UnprivilegedUser; script?: string } = {},
  ): Promise<HomeHolder> {
    const script = options.script ?? fileURLToPath(new URL('./hold-home.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=waybill-source', script, home], {
      ...options.user,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    for await (const piece of child.stdout) {
      text += String(piece);
      if (text.includes('\n')) break;
    }
    return new HomeHolder(child, JSON.parse(text || '{}') as Report);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get serverPid(): number {
    return this.report.pid!;
  }

  /** The process that ends the server when its parent dies. */
  watchPid(): number {
    const rows = execFileSync('ps', ['-ww', '-A', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
    const row = rows.find((line) => line.trimEnd().endsWith(`waybill-watch ${this.serverPid}`));
    return Number(row?.trim().split(/\s/)[0]);
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end();
    await this.#exited();
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited();
  }

  async #exited(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

/** Waits until none of the processes is there any more. */
export async function allGone(...pids: number[]): Promise<void> {
  while (pids.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A zombie has ended, though its number is still taken. */
export function isRunning(pid: number): boolean {
  if (!processExists(pid)) return false;
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
