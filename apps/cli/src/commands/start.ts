import { type Config, readConfig } from '#config';
import type { Logger } from '#telemetry';
import {
  announceReadiness,
  openShared,
  startApiPart,
  startSchedulerPart,
  startWorkerPart,
} from '../all-in-one.ts';
import { type DeliveryReport, reportLines } from '../delivery-lines.ts';
import { type Demo, startDemo } from '../demo/start-demo.ts';
import { EXIT } from '../failures.ts';
import { followDeliveries } from '../follow-deliveries.ts';
import { keepCommandsKey, makeFirstAdmin } from '../home-keys.ts';
import { openHomeLog } from '../home-log.ts';
import type { EmbeddedServer } from '../open-parts.ts';
import { announceHome } from '../running-home.ts';
import { listenForStop } from '../stop-request.ts';
import { clock, type Terminal } from '../terminal.ts';

export interface StartOptions {
  home?: string;
  port?: number;
  demo?: boolean;
  json?: boolean;
}

interface Running {
  url: string;
  /** Printed once, when there is no admin yet. */
  firstAdmin: { name: string; password: string } | undefined;
  demo: Demo | undefined;
  embedded: EmbeddedServer | undefined;
  drain(): void;
}

/** Everything in one process, until somebody stops it. */
export async function start(terminal: Terminal, options: StartOptions): Promise<void> {
  const config = readConfig(undefined, {
    ...(options.home === undefined ? {} : { home: options.home }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.demo ? { demo: true } : {}),
  });
  await using stack = new AsyncDisposableStack();
  const { log, path: logPath, close } = openHomeLog(config, terminal);
  stack.defer(close);
  const stop = listenForStop();
  stack.defer(() => stop.dispose());
  const voice = options.json ? jsonVoice(terminal) : lineVoice(terminal);
  const running = await open(config, options, stack, log, voice.report);
  voice.started(config, running, logPath);
  void running.embedded?.ended.then((reason) => giveUp(terminal, reason));
  await stop.asked;
  stop.onImpatience(() => quitHard(running));
  running.drain();
  voice.tell('draining…');
  await stack.disposeAsync();
  voice.tell('stopped');
}

/** Opened in the order in which each needs the one before; the stack closes them backwards. */
async function open(
  config: Config,
  options: StartOptions,
  stack: AsyncDisposableStack,
  log: Logger,
  report: (report: DeliveryReport) => void,
): Promise<Running> {
  const shared = await openShared(config, stack, log);
  const demo = options.demo ? await startDemo(shared, stack) : undefined;
  const follower = await followDeliveries(shared.store, report, (error) =>
    log.warn({ err: error }, 'deliveries could not be read; it is tried again'),
  );
  stack.defer(() => follower.stop());
  // Closed in the reverse order: while transfers come to their end, the api still says that we are not ready.
  const url = await startApiPart(shared, stack);
  await startWorkerPart(shared, stack);
  startSchedulerPart(shared, stack);
  const firstAdmin = await makeFirstAdmin(shared.store, config);
  const home = await announceHome(config.home, {
    url,
    key: await keepCommandsKey(shared.store, config, url),
  });
  stack.defer(() => home.withdraw());
  await demo?.deliverAtOnce();
  announceReadiness(shared, stack);
  return { url, firstAdmin, demo, embedded: shared.embedded, drain: () => shared.readiness.drain() };
}

/** Whoever asks again will not wait: leases run out, the database recovers at the next start. */
function quitHard(running: Running): never {
  if (running.embedded) process.kill(running.embedded.pid, 'SIGQUIT');
  process.exit(130);
}

/** Without its database nothing more can be promised: no step is taken, and the next start recovers. */
function giveUp(terminal: Terminal, reason: string): never {
  terminal.note(`waybill: ${reason}. Start it again: what was under way goes on from what is committed.`);
  process.exit(EXIT.failed);
}

interface Voice {
  started(config: Config, running: Running, logPath: string): void;
  report(report: DeliveryReport): void;
  tell(text: string): void;
}

function lineVoice(terminal: Terminal): Voice {
  return {
    started(config, { url, firstAdmin, demo }, logPath) {
      terminal.line('Waybill is running. Ctrl-C finishes what is under way and stops.');
      terminal.line(`  api       ${url}/api/v1`);
      terminal.line(`  home      ${config.home}`);
      terminal.line(`  log       ${logPath}`);
      if (demo)
        terminal.line(
          `  partner   127.0.0.1, explicit FTPS on port ${demo.explicitPort}, implicit on ${demo.implicitPort}`,
        );
      if (firstAdmin)
        terminal.line(
          `  sign in   ${firstAdmin.name}, one-time password ${firstAdmin.password}   (shown this once)`,
        );
      terminal.line();
    },
    report: (delivery) => {
      for (const line of reportLines(delivery)) terminal.line(line);
    },
    tell: (text) => terminal.line(`${clock(new Date())}  ${text}`),
  };
}

/** One object a line. */
function jsonVoice(terminal: Terminal): Voice {
  return {
    started: (config, running) =>
      terminal.jsonLine({
        event: 'started',
        url: running.url,
        home: config.home,
        firstAdmin: running.firstAdmin,
      }),
    report: (delivery) => terminal.jsonLine({ event: 'transfer', ...delivery }),
    tell: (text) => terminal.jsonLine({ event: text.replace('…', '') }),
  };
}
