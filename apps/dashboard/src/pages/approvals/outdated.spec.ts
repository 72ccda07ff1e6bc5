import { describe, expect, it } from 'vitest';
import { type KnownNow, outdatedBy } from './outdated.ts';

const ASKED = '2026-11-21T12:00:00.000Z';
const LATER = '2026-11-21T12:30:00.000Z';
const EARLIER = '2026-11-21T11:30:00.000Z';
const NOTHING: KnownNow = { changedAt: new Map() };

const asked = (
  noun: string,
  name: string,
  kind: 'create' | 'change' | 'delete' = 'change',
  fields: { path: string; before?: unknown; after?: unknown }[] = [],
) => ({ requestedAt: ASKED, changes: [{ kind, noun, name, fields }] });

describe('a request that waits', () => {
  it('is outdated once its object has changed', () => {
    const known = (at: string) => ({ changedAt: new Map([['endpoint acme', at]]) });
    expect(outdatedBy(asked('endpoint', 'acme'), known(LATER))).toContain('acme');
    expect(outdatedBy(asked('endpoint', 'acme'), known(EARLIER))).toBeUndefined();
    expect(outdatedBy(asked('route', 'acme'), known(LATER)), 'of the same name').toBeUndefined();
  });

  it('is outdated where there is a key of this name by now, and not by one that was revoked', () => {
    const known = (revokedAt: string | null) => ({
      ...NOTHING,
      keys: [{ name: 'erp', createdAt: LATER, revokedAt }],
    });
    expect(outdatedBy(asked('api_key', 'erp', 'create'), known(null))).toContain('erp');
    expect(outdatedBy(asked('api_key', 'erp', 'create'), known(LATER))).toBeUndefined();
  });

  it('is outdated where a secret is there already, is gone, or has got another value', () => {
    const secrets = [{ name: 'here', updatedAt: LATER }];
    const known = { ...NOTHING, secrets };
    expect(outdatedBy(asked('secret', 'here', 'create'), known)).toContain('by now');
    expect(outdatedBy(asked('secret', 'gone', 'delete'), known)).toContain('any more');
    expect(outdatedBy(asked('secret', 'here', 'change'), known)).toContain('another value');
    expect(outdatedBy(asked('secret', 'new', 'create'), known)).toBeUndefined();
  });

  it('is outdated where the rights are others than they were', () => {
    const users = [{ name: 'hugo', role: 'operator', partners: 'all', disabled: false } as const];
    const rise = (before: string) =>
      asked('user', 'hugo', 'change', [{ path: 'role', before, after: 'admin' }]);
    expect(outdatedBy(rise('viewer'), { ...NOTHING, users })).toContain('hugo');
    expect(outdatedBy(rise('operator'), { ...NOTHING, users })).toBeUndefined();
  });

  it('is not outdated as far as somebody can tell who may not see those lists', () => {
    expect(outdatedBy(asked('secret', 'x', 'create'), NOTHING)).toBeUndefined();
    expect(outdatedBy(asked('user', 'x'), NOTHING)).toBeUndefined();
  });
});
