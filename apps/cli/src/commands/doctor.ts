import { setTimeout as wait } from 'node:timers/promises';
import type { Client, ProbeObject, RequestProbe } from '#contract';
import { isFinishedProbe } from '#domain';
import { errorSentence } from '../delivery-lines.ts';
import { WorkFailed } from '../failures.ts';
import { closingLine, findingLines, settingLines, settingsToConfirm } from '../finding-lines.ts';
import type { Terminal } from '../terminal.ts';

const LOOK_EVERY_MS = 250;
/** A worker looks every second: longer than this, there is none. */
const NO_WORKER_MS = 30_000;

export interface DoctorOptions {
  folder?: string;
  workerTag?: string;
  json?: boolean;
}

/** Has a worker examine an endpoint and prints what it finds as it comes. Throws WorkFailed when a finding failed. */
export async function examine(
  api: Client,
  terminal: Terminal,
  endpoint: string,
  { folder, workerTag, json = false }: DoctorOptions,
): Promise<void> {
  const wish: RequestProbe = {
    ...(folder !== undefined && { folder }),
    ...(workerTag !== undefined && { workerTag }),
  };
  const asked = await api.probeEndpoint({ params: { name: endpoint }, body: wish });
  if (!json) {
    terminal.line(endpoint);
    terminal.line();
  }
  const probe = await follow(api, terminal, asked, json);
  if (json) terminal.json(probe);
  else summarise(terminal, probe);
  if (probe.error || probe.findings.some(({ outcome }) => outcome === 'failed')) throw new WorkFailed('');
}

/** Asks until it is over. Interrupting it stops the asking, not the examination. */
async function follow(
  api: Client,
  terminal: Terminal,
  asked: ProbeObject,
  json: boolean,
): Promise<ProbeObject> {
  const since = performance.now();
  let shown = 0;
  for (;;) {
    const probe = await api.getProbe({ params: { id: asked.id } });
    if (!json) {
      for (const finding of probe.findings.slice(shown))
        for (const line of findingLines(finding, terminal.columns)) terminal.line(line);
      shown = probe.findings.length;
    }
    if (isFinishedProbe(probe.state)) return probe;
    if (probe.state === 'queued' && performance.now() - since > NO_WORKER_MS)
      throw new WorkFailed(
        `no worker has begun within ${NO_WORKER_MS / 1000} s; start one with \`waybill start\` or \`waybill worker\`. The examination ${probe.id} stays asked for.`,
      );
    terminal.progress(probe.state === 'queued' ? '    waiting for a worker' : '    looking');
    await wait(LOOK_EVERY_MS);
  }
}

function summarise(terminal: Terminal, probe: ProbeObject): void {
  const { endpoint, findings, error, startedAt, finishedAt } = probe;
  if (error) terminal.line(`  ✗ ${error.code}: ${errorSentence(error.code, error.detail)}`);
  const settings = settingLines(endpoint, findings);
  if (settings.length > 0) {
    terminal.line();
    const unsure = settingsToConfirm(findings).join(', ');
    terminal.line(
      unsure === ''
        ? 'Set in the configuration:'
        : `Set in the configuration, once the partner has confirmed ${unsure}:`,
    );
    terminal.line();
    for (const line of settings) terminal.line(`  ${line}`);
  }
  terminal.line();
  const tookMs = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '');
  terminal.line(closingLine(endpoint, findings, Number.isNaN(tookMs) ? 0 : tookMs));
}
