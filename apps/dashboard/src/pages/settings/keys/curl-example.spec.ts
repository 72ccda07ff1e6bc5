import { expect, it } from 'vitest';
import { curlExample } from './curl-example.ts';

it('triggers a run for who may, reads runs for who may not, and never holds the key', () => {
  expect(curlExample('https://waybill.example', 'operator')).toContain(
    '-X POST https://waybill.example/api/v1/routes/',
  );
  expect(curlExample('https://waybill.example', 'viewer')).toBe(
    'curl https://waybill.example/api/v1/runs \\\n  -H "Authorization: Bearer $WAYBILL_KEY"',
  );
});
