import { readFile } from 'node:fs/promises';
import { readConfig } from '#config';
import type { ConfigurationService } from '#configuration';
import {
  type Configuration,
  type ConfigurationChange,
  configurationFile,
  exportConfiguration as exportText,
} from '#contract';
import { createLogger } from '#telemetry';
import { applyWanted, openConfiguration, parseText } from '../apply-configuration.ts';
import { changeLines } from '../change-lines.ts';
import { UsageError, WorkFailed } from '../failures.ts';
import { localActor } from '../local-actor.ts';
import { openEgress, useDatabase } from '../open-parts.ts';
import type { Terminal } from '../terminal.ts';

interface FileOptions {
  file: string;
  json?: boolean;
}

export async function plan(terminal: Terminal, options: FileOptions): Promise<void> {
  const wanted = await readWanted(options.file);
  const { changes, untouched } = await onConfiguration((configuration) => configuration.plan(wanted));
  if (options.json) {
    terminal.json({ changes, untouched });
    return;
  }
  show(terminal, changes);
  for (const { noun, name } of untouched) terminal.line(`  ${noun} ${name} is not in the file and stays`);
  terminal.line(
    changes.length === 0 ? 'nothing would change' : `${count(changes)} would be made; nothing was changed`,
  );
}

export async function apply(terminal: Terminal, options: FileOptions): Promise<void> {
  const wanted = await readWanted(options.file);
  const outcome = await onConfiguration((configuration) =>
    applyWanted(configuration, localActor(), wanted, options.file),
  );
  if (outcome.state === 'pending') {
    const { id, summary } = outcome.approval;
    if (options.json) terminal.json({ changes: [], approval: { id, state: 'pending', summary } });
    throw new WorkFailed(
      `${options.file}: nothing was applied; another admin has to approve ${id} first (${summary})`,
    );
  }
  const { changes } = outcome;
  if (options.json) {
    terminal.json({ changes });
    return;
  }
  show(terminal, changes);
  terminal.line(changes.length === 0 ? 'nothing to change' : `${count(changes)} applied`);
}

export async function exportConfiguration(terminal: Terminal, options: { json?: boolean }): Promise<void> {
  const current = await onConfiguration((configuration) => configuration.read());
  if (options.json) terminal.json(configurationFile(current));
  else for (const line of exportText(current).trimEnd().split('\n')) terminal.line(line);
}

/** The file is judged before any database is opened. */
export async function readWanted(file: string): Promise<Configuration> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return parseText(text, file, readConfig().allowedLegacyPolicies);
}

function onConfiguration<T>(act: (configuration: ConfigurationService) => Promise<T>): Promise<T> {
  const config = readConfig();
  const log = createLogger({ level: 'warn', format: 'line' });
  return useDatabase(config, log, (store, url) =>
    act(openConfiguration(store, config, openEgress(config, url))),
  );
}

function show(terminal: Terminal, changes: readonly ConfigurationChange[]): void {
  for (const line of changeLines(changes, MOST_OF_A_VALUE)) terminal.line(line);
}

/** Certificates are long; what identifies a change is enough on a terminal, `--json` has it whole. */
const MOST_OF_A_VALUE = 100;

function count(changes: readonly unknown[]): string {
  return changes.length === 1 ? '1 change' : `${changes.length} changes`;
}
