import { EXIT, UsageError } from './failures.ts';
import type { FromLanes, LanesOrder, LanesQuestion, ToLanes } from './lanes-protocol.ts';

/** What needs more than the channel. */
export type Asked = Exclude<LanesQuestion, { about: 'life' }>;

/** What the process of the lanes hears from the `waybill start` that has started it. */
export interface StartLine {
  order: Promise<LanesOrder>;
  begin: Promise<'begin'>;
  drain: Promise<'drain'>;
  tell(message: FromLanes): void;
  /** From now on questions are answered; earlier ones wait. */
  answer(act: (question: Asked) => Promise<unknown>): void;
  /** All is done: nothing keeps this process any more. */
  leave(): void;
}

/**
 * Should `start` end, even by kill -9, the channel closes, and this process ends at once: what is under way has a lease, and
 * whoever comes next goes on from what is committed.
 * @throws UsageError when nobody has started us
 */
export function hearStart(): StartLine {
  if (process.send === undefined)
    throw new UsageError(
      '`waybill lanes` is a part of `waybill start`; a worker by itself is `waybill worker`',
    );
  const order = Promise.withResolvers<LanesOrder>();
  const begin = Promise.withResolvers<'begin'>();
  const drain = Promise.withResolvers<'drain'>();
  const answerer = Promise.withResolvers<(question: Asked) => Promise<unknown>>();
  // A start that is gone needs no word.
  const tell = (message: FromLanes): void => void process.send?.(message, () => undefined);
  const reply = async (id: number, question: LanesQuestion): Promise<void> => {
    try {
      if (question.about === 'life') return tell({ say: 'answer', id, answer: true });
      const act = await answerer.promise;
      tell({ say: 'answer', id, answer: await act(question) });
    } catch (error) {
      tell({ say: 'answer', id, problem: error instanceof Error ? error.message : String(error) });
    }
  };
  const die = (): never => process.exit(EXIT.failed);
  process.on('disconnect', die);
  process.on('message', (message: ToLanes) => {
    if (message.say === 'prepare') order.resolve(message.order);
    else if (message.say === 'begin') begin.resolve('begin');
    else if (message.say === 'drain') drain.resolve('drain');
    else void reply(message.id, message.question);
  });
  return {
    order: order.promise,
    begin: begin.promise,
    drain: drain.promise,
    tell,
    answer: answerer.resolve,
    leave() {
      process.off('disconnect', die);
      if (process.connected) process.disconnect?.();
    },
  };
}
