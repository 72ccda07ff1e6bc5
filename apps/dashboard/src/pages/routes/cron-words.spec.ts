import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronProblem, parseCron } from '#schedule';
import { CRON_PRESETS, cronWords } from './cron-words.ts';
import { LONGEST_MONTHS, type ReadCron, readCron } from './read-cron.ts';

function wordsOf(expression: string): string {
  const reading = readCron(expression);
  return reading.ok ? cronWords(reading.cron) : reading.problem;
}

describe('a schedule in words', () => {
  it.each([
    ['15 2 * * 1-5', 'Mon-Fri 02:15'],
    ['15 2 * * *', 'Every day 02:15'],
    ['0 6,18 * * *', 'Every day 06:00 and 18:00'],
    ['0,30 2 * * *', 'Every day 02:00 and 02:30'],
    ['* * * * *', 'Every minute'],
    ['*/5 * * * *', 'Every 5 minutes'],
    ['2/5 * * * *', 'Every 5 minutes from :02'],
    ['0,30 * * * *', 'Every 30 minutes'],
    ['*/15 8-17 * * mon-fri', 'Every 15 minutes from 08:00 to 17:45, Mon-Fri'],
    ['*/15 8,12,16 * * *', 'Every 15 minutes in the hours 08, 12, 16'],
    ['* 2 * * *', 'Every minute from 02:00 to 02:59'],
    ['*/7 * * * *', 'Every hour at :00, :07, :14, :21, :28, :35, :42, :49, :56'],
    ['0 * * * *', 'Every hour'],
    ['20 * * * *', 'Every hour at :20'],
    ['5 */2 * * *', 'Every 2 hours at :05'],
    ['0 1-23/2 * * *', 'Every 2 hours from 01:00'],
    ['0 */4 * * *', 'Every day 00:00, 04:00, 08:00, 12:00, 16:00 and 20:00'],
    ['15 8-17 * * *', 'Every hour from 08:15 to 17:15'],
    ['5,20 8-17 * * *', 'Every hour from 08 to 17 at :05, :20'],
    ['0 9 * * sat,sun', 'Sat, Sun 09:00'],
    ['0 9 * * 5-7', 'Fri-Sun 09:00'],
    ['0 9 * * 0', 'Sun 09:00'],
    ['0 3 1 * *', 'On the 1st of each month at 03:00'],
    ['0 3 1,15 * *', 'On the 1st, 15th of each month at 03:00'],
    ['0 3 1-7 * *', 'On the 1st-7th of each month at 03:00'],
    ['0 0 1 1 *', 'On 1 Jan at 00:00'],
    ['0 0 1 1,7 *', 'On 1 Jan and 1 Jul at 00:00'],
    ['0 0 29 2 *', 'On 29 Feb at 00:00'],
    ['0 0 28-31 2 *', 'On 28, 29 Feb at 00:00'],
    ['30 1 28-31,2 3 *', 'On 2, 28-31 Mar at 01:30'],
    ['0 12 13 * 5', 'On the 13th and every Fri at 12:00'],
    [
      '0 12 */2 * 1',
      'On Mon where it is the 1st, 3rd, 5th, 7th, 9th, 11th, 13th, 15th, 17th, 19th, 21st, 23rd, 25th, 27th, 29th, 31st at 12:00',
    ],
    ['0 3 * 1-3 *', 'Every day in Jan-Mar at 03:00'],
    ['0 3 * dec mon', 'Mon in Dec at 03:00'],
    ['*/10 * * 6-8 *', 'Every 10 minutes, in Jun-Aug'],
    ['0 * 1 * *', 'Every hour, on the 1st of each month'],
    ['  15   2 * * MON-FRI ', 'Mon-Fri 02:15'],
    ['0 12 1-31 * 1', 'Every day 12:00'],
  ])('%s: %s', (expression, words) => {
    expect(wordsOf(expression)).toBe(words);
  });

  it.each([
    ['', 'It has 0 of the five fields'],
    ['15 2 * *', 'It has 4 of the five fields'],
    ['0 15 2 * * *', 'It has 6 of the five fields'],
    ['60 * * * *', 'The minute “60” is not between 0 and 59'],
    ['0 24 * * *', 'The hour “24” is not between 0 and 23'],
    ['0 0 * foo *', 'The month “foo” is not between 1 and 12'],
    ['0 17-8 * * *', 'The hour “17-8” runs backwards'],
    ['*/0 * * * *', 'The step 0 of the minute is not between 1 and 59'],
    ['@daily', 'It has 1 of the five fields'],
    ['0 0 L * *', 'The day of month “L” is not between'],
    ['0 0 ? * *', 'The day of month “?” is not a number'],
    ['0 0 31 2 *', 'It never comes'],
  ])('%s is refused: %s', (expression, problem) => {
    expect(wordsOf(expression)).toContain(problem);
  });

  const value = fc.integer({ min: 0, max: 62 }).map(String);
  const part = fc.oneof(
    { arbitrary: fc.constant('*'), weight: 3 },
    { arbitrary: value, weight: 4 },
    fc.tuple(value, value).map(([from, to]) => `${from}-${to}`),
    fc.tuple(value, value, fc.integer({ min: 0, max: 13 })).map(([from, to, by]) => `${from}-${to}/${by}`),
    fc.integer({ min: 0, max: 32 }).map((by) => `*/${by}`),
    fc.tuple(value, fc.integer({ min: 1, max: 30 })).map(([from, by]) => `${from}/${by}`),
    fc.constantFrom('mon', 'SUN', 'fri-sat', 'jan', 'feb-dec', 'x', ''),
  );
  const field = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
  const anyExpression = fc.array(field, { minLength: 4, maxLength: 6 }).map((fields) => fields.join(' '));

  const within = (least: number, most: number) => {
    const number = fc.integer({ min: least, max: most });
    const one = fc.oneof(
      number.map(String),
      fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.constantFrom('*', '*/2', '*/3', '*/5', '*/15').filter((text) => most > 15 || text !== '*/15'),
    );
    return fc.oneof(
      { arbitrary: fc.constant('*'), weight: 2 },
      { arbitrary: fc.array(one, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(',')), weight: 3 },
    );
  };
  const goodExpression = fc
    .tuple(within(0, 59), within(0, 23), within(1, 31), within(1, 12), within(0, 6))
    .map((fields) => fields.join(' '));

  it('reads what the scheduler reads, and refuses what it refuses', () => {
    let good = 0;
    const judge = (expression: string) => {
      const reading = readCron(expression);
      expect(reading.ok).toBe(cronProblem(expression) === undefined);
      if (!reading.ok) return;
      good += 1;
      const { minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay } = parseCron(expression);
      const read = reading.cron;
      expect([read.minutes, read.hours, read.daysOfMonth, read.months, read.daysOfWeek]).toEqual(
        [minutes, hours, daysOfMonth, months, daysOfWeek].map((set) => [...set].sort((a, b) => a - b)),
      );
      expect(read.eitherDay).toBe(eitherDay);
    };
    fc.assert(fc.property(anyExpression, judge), { numRuns: 2_000 });
    fc.assert(fc.property(goodExpression, judge), { numRuns: 500 });
    expect(good).toBeGreaterThan(400);
  });

  it('tells two schedules that differ in different words', () => {
    const told = new Map<string, string>();
    fc.assert(
      fc.property(goodExpression, (expression) => {
        const reading = readCron(expression);
        if (!reading.ok) return;
        const words = cronWords(reading.cron);
        const meaning = meaningOf(reading.cron);
        expect(told.get(words) ?? meaning).toBe(meaning);
        told.set(words, meaning);
      }),
      { numRuns: 1_500 },
    );
    expect(told.size).toBeGreaterThan(500);
  });

  it('has presets that the scheduler takes', () => {
    expect(CRON_PRESETS.map(({ cron }) => cronProblem(cron)).filter((problem) => problem)).toEqual([]);
  });
});

/** Every pair of a date and a weekday on which it fires, and its times, however they were written. */
function meaningOf({ minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay }: ReadCron): string {
  let days = '';
  for (const month of months)
    for (let day = 1; day <= LONGEST_MONTHS[month - 1]!; day++)
      for (let weekday = 0; weekday < 7; weekday++) {
        const fits = [daysOfMonth.includes(day), daysOfWeek.includes(weekday)];
        if (eitherDay ? fits.includes(true) : !fits.includes(false)) days += ` ${month}/${day}/${weekday}`;
      }
  return `${minutes} ${hours}${days}`;
}
