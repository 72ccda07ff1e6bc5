import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldSpec } from './field-spec.ts';
import { presentSpecs, toObject, toValues, withoutDefaults } from './form-values.ts';

const SPECS: readonly FieldSpec[] = [
  { kind: 'text', path: 'name', label: 'Name', required: true, trim: true },
  { kind: 'number', path: 'delayMs', label: 'Delay', default: 30_000, unit: { label: 's', factor: 1_000 } },
  { kind: 'flag', path: 'on', label: 'On', default: false },
  { kind: 'list', path: 'files.select', label: 'Select', item: 'a glob', default: ['*'] },
  { kind: 'list', path: 'files.exclude', label: 'Exclude', item: 'a glob' },
  { kind: 'group', path: 'proxy', label: 'Proxy', applies: (values) => values['on'] === true },
  { kind: 'text', path: 'proxy.host', label: 'Host' },
  { kind: 'reference', path: 'proxy.password', label: 'Password' },
  { kind: 'own', path: 'parameters', label: 'Parameters' },
];
const through = (object: object) => toObject(SPECS, toValues(SPECS, object));

describe('a form', () => {
  it('shows the defaults of what is not said, and says them', () => {
    expect(through({ name: 'a' })).toEqual({
      name: 'a',
      delayMs: 30_000,
      on: false,
      files: { select: ['*'] },
    });
  });

  it('creates without what is the default anyway', () => {
    expect(withoutDefaults(SPECS, through({ name: 'a', on: true, files: { select: ['*'] } }))).toEqual({
      name: 'a',
      on: true,
    });
  });

  it.each([0, 1, 999, 1_000, 1_234, 30_000, 86_400_000])(
    'shows %i ms in seconds and means the same',
    (delayMs) => {
      expect(through({ name: 'a', delayMs })).toMatchObject({ delayMs });
    },
  );

  it('means the same milliseconds, whatever they are', () => {
    fc.assert(
      fc.property(fc.nat(), (delayMs) => {
        expect(through({ name: 'a', delayMs })).toMatchObject({ delayMs });
      }),
    );
  });

  it('hands on as written what is no number, so that the api says what is wrong', () => {
    expect(toObject(SPECS, { ...toValues(SPECS, {}), delayMs: 'soon' })).toMatchObject({ delayMs: 'soon' });
  });

  it('leaves out a group that is not there or does not apply, with everything in it', () => {
    const proxy = { host: 'p', password: { env: 'P' } };
    expect(through({ name: 'a', on: true, proxy })).toMatchObject({ proxy });
    expect(through({ name: 'a', on: false, proxy })).not.toHaveProperty('proxy');
    const values = toValues(SPECS, { name: 'a', on: true, proxy });
    expect(toObject(SPECS, { ...values, has: { proxy: false } })).not.toHaveProperty('proxy');
    expect(presentSpecs(SPECS, { ...values, has: { proxy: false } }).map(({ path }) => path)).not.toContain(
      'proxy.host',
    );
  });

  it('keeps an empty group, which says something by being there', () => {
    expect(through({ name: 'a', on: true, proxy: {} })).toMatchObject({ proxy: {} });
  });

  it('keeps what a field of the page’s own holds, and leaves it out where it is empty', () => {
    expect(through({ name: 'a', parameters: { day: { default: '1' } } })).toMatchObject({
      parameters: { day: { default: '1' } },
    });
    expect(through({ name: 'a', parameters: {} })).not.toHaveProperty('parameters');
  });

  it('takes only the spaces around what is trimmed', () => {
    expect(toObject(SPECS, { ...toValues(SPECS, {}), name: ' a b ' })).toMatchObject({ name: 'a b' });
  });
});
