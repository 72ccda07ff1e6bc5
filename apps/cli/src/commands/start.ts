import { type Config, readConfig } from '#config';
import { startApiPart } from '../api-part.ts';
import { type DeliveryReport, reportLines } from '../delivery-lines.ts';
import { type Demo, startDemo } from '../demo/start-demo.ts';
import { EXIT } from '../failures.ts';
import { followDeliveries } from '../follow-deliveries.ts';
import { keepCommandsKey, makeFirstAdmin } from '../home-keys.ts';
import { type HomeLog, openHomeLog } from '../home-log.ts';
import { type Lanes, startLanesPart } from '../lanes-part.ts';
import type { EmbeddedServer } from '../open-parts.ts';
import { announceHome } from '../running-home.ts';
import { startSchedulerPart } from '../scheduler-part.ts';
import { announceReadiness, openShared } from '../shared-parts.ts';
import { listenForStop, type StopRequest } from '../stop-request.ts';
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
  drain(): void;
}

/** What runs beside this process, as soon as it does. */
interface Beside {
  embedded?: EmbeddedServer | undefined;
  lanes?: Lanes;
}

/** Everything, until somebody stops it: this process, one for the lanes, the database. */
export async function start(terminal: Terminal, options: StartOptions): Promise<void> {
  const config = readConfig(undefined, {
    ...(options.home === undefined ? {} : { home: options.home }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.demo ? { demo: true } : {}),
  });
  await using stack = new AsyncDisposableStack();
  const homeLog = openHomeLog(config, terminal);
  stack.defer(() => homeLog.close());
  const stop = listenForStop();
  stack.defer(() => stop.dispose());
  const beside: Beside = {};
  stop.onImpatience(() => quitHard(beside));
  const voice = options.json ? jsonVoice(terminal) : lineVoice(terminal);
  const parts = { homeLog, report: voice.report, stop, beside };
  const running = await open(config, options, stack, parts).catch((error: unknown) => {
    // Ctrl-C at this moment has ended a part that was just starting; what it says is of no interest.
    if (stop.isAsked) return undefined;
    throw error;
  });
  if (running) {
    voice.started(config, running, homeLog.path);
    void beside.embedded?.ended.then((reason) => giveUp(terminal, beside, reason));
    await stop.asked;
    running.drain();
    voice.tell('draining…');
  }
  await stack.disposeAsync();
  voice.tell('stopped');
}

/** Opened in the order in which each needs the one before; the stack closes them backwards. */
async function open(
  config: Config,
  options: StartOptions,
  stack: AsyncDisposableStack,
  {
    homeLog: { log, append },
    report,
    stop,
    beside,
  }: {
    homeLog: HomeLog;
    report: (report: DeliveryReport) => void;
    stop: StopRequest;
    beside: Beside;
  },
): Promise<Running> {
  const shared = await openShared(config, stack, log, { kind: 'all-in-one' });
  beside.embedded = shared.embedded;
  const lanes = startLanesPart(shared, { demo: options.demo ?? false, write: append }, stack);
  beside.lanes = lanes;
  // They may be what a start waits for.
  void stop.asked.then(() => lanes.close());
  const demo = options.demo ? await startDemo(shared, lanes, stack) : undefined;
  const follower = await followDeliveries(shared.store, report, (error) =>
    log.warn({ err: error }, 'deliveries could not be read; it is tried again'),
  );
  stack.defer(() => follower.stop());
  // Closed in the reverse order: while transfers come to their end, the api still says that we are not ready.
  const url = await startApiPart(shared, stack);
  await lanes.prepared();
  await lanes.begin();
  stack.defer(() => lanes.close());
  startSchedulerPart(shared, stack);
  const firstAdmin = await makeFirstAdmin(shared.store, config);
  const home = await announceHome(config.home, {
    url,
    key: await keepCommandsKey(shared.store, config, url),
  });
  stack.defer(() => home.withdraw());
  await demo?.deliverAtOnce();
  announceReadiness(shared, stack);
  return { url, firstAdmin, demo, drain: () => shared.readiness.drain() };
}

/** Whoever asks again will not wait: leases run out, the database recovers at the next start. */
function quitHard({ embedded, lanes }: Beside): never {
  lanes?.kill();
  if (embedded) process.kill(embedded.pid, 'SIGQUIT');
  process.exit(130);
}

/** Without its database nothing more can be promised: no step is taken, and the next start recovers. */
function giveUp(terminal: Terminal, { lanes }: Beside, reason: string): never {
  lanes?.kill();
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
      terminal.line(`  dashboard ${config.http.publicUrl?.href ?? `${url}/`}`);
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
