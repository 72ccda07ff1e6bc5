import { writeFileSync } from 'node:fs';
import { GOLDEN_TABLE, PATTERNS, windowsOf, ZONES } from './clock-changes.ts';
import { dueMinuteByMinute } from './minute-by-minute.ts';

// Run by hand when a row is added or a country changes its law; the difference is then read, not only committed:
//   node --conditions=waybill-source libs/schedule/testing/write-golden-table.ts
const rows = ZONES.flatMap((timezone) =>
  windowsOf(timezone).flatMap(({ from, to }) =>
    PATTERNS.map((cron) => {
      const due = dueMinuteByMinute({ cron, timezone }, from, to).map(minute);
      return [timezone, cron, minute(from), minute(to), due.join(' ') || '-'].join('\t');
    }),
  ),
);
writeFileSync(GOLDEN_TABLE, `${rows.join('\n')}\n`);

function minute(moment: Date): string {
  return `${moment.toISOString().slice(0, 16)}Z`;
}
