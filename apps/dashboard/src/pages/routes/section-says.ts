import { isObject, type Json, readPath } from '../../forms/path.ts';
import { readCron } from './read-cron.ts';
import type { SectionId } from './route-fields.ts';
import {
  AMBIGUOUS_WORDS,
  afterWords,
  completeWords,
  EXISTING_WORDS,
  type Retry,
  retryWords,
  scheduleWords,
  VERIFY_WORDS,
  windowWords,
} from './route-words.ts';

/** What a section that is closed is set to, in one line, of whatever is filled in so far. */
export function sectionSays(id: SectionId, route: Json): string {
  const text = (path: string): string | undefined => {
    const value = readPath(route, path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const number = (path: string, otherwise: number): number => {
    const value = readPath(route, path);
    return typeof value === 'number' ? value : otherwise;
  };
  switch (id) {
    case 'way':
      return '';
    case 'schedule': {
      const [cron, timezone] = [text('schedule.cron'), text('schedule.timezone')];
      if (route['schedule'] === undefined) return 'by hand or by the API';
      return cron && timezone && readCron(cron).ok ? scheduleWords({ cron, timezone }) : 'not filled in yet';
    }
    case 'after':
      return afterWords({ source: text('afterDelivery.source') ?? 'keep', to: text('afterDelivery.to') });
    case 'arrival': {
      const name = text('destination.name') ?? '{name}';
      const existing = EXISTING_WORDS[oneOf(EXISTING_WORDS, text('destination.onExisting'), 'refuse')];
      return `${name === '{name}' ? 'Under the same name.' : `Named ${name}.`} If it is taken: ${lower(existing)}`;
    }
    case 'complete':
      return completeWords({ settleMs: number('source.settleMs', 5_000), marker: text('source.marker') });
    case 'proof': {
      const proof = VERIFY_WORDS[oneOf(VERIFY_WORDS, text('verify.minimum'), 'size')];
      return `${proof} In doubt: ${lower(AMBIGUOUS_WORDS[oneOf(AMBIGUOUS_WORDS, text('onAmbiguous'), 'hold')])}`;
    }
    case 'retry': {
      const retry: Retry = {
        maxAttempts: number('retry.maxAttempts', 5),
        firstDelayMs: number('retry.firstDelayMs', 30_000),
        factor: number('retry.factor', 2),
        maxDelayMs: number('retry.maxDelayMs', 900_000),
        jitter: number('retry.jitter', 0.2),
      };
      return isPossible(retry) ? retryWords(retry) : '';
    }
    case 'capacity': {
      const lanes = number('lanes', 4);
      const tag = text('workerTag');
      const files = lanes === 1 ? 'One file after the other' : `Up to ${lanes} files`;
      return `${files}, priority ${number('priority', 5)}, ${tag === undefined ? 'any worker' : `workers with the tag ${tag}`}.`;
    }
    case 'window': {
      const [from, to, timezone] = [text('window.from'), text('window.to'), text('window.timezone')];
      if (route['window'] === undefined) return 'None: at any time.';
      return from && to && timezone ? `${windowWords({ from, to, timezone })}.` : 'not filled in yet';
    }
    case 'parameters': {
      const declared = isObject(route['parameters']) ? Object.keys(route['parameters']) : [];
      return declared.length === 0 ? 'None.' : declared.join(', ');
    }
    case 'standing':
      return route['enabled'] === false ? 'Switched off.' : 'Switched on.';
  }
}

/** Somebody may be in the middle of a number. */
function isPossible({ maxAttempts, firstDelayMs, factor, maxDelayMs, jitter }: Retry): boolean {
  return (
    Number.isInteger(maxAttempts) &&
    maxAttempts >= 1 &&
    maxAttempts <= 100 &&
    [firstDelayMs, maxDelayMs, jitter].every((value) => value >= 0) &&
    factor >= 1
  );
}

function oneOf<Word extends string>(
  words: Readonly<Record<Word, string>>,
  word: string | undefined,
  otherwise: Word,
): Word {
  return word !== undefined && Object.hasOwn(words, word) ? (word as Word) : otherwise;
}

function lower(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
