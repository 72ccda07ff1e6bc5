import { describe, expect, it } from 'vitest';
import type { AuditEventObject } from '#contract';
import { actorText, deedOf, linkOf, objectText } from './audit-words.ts';

const ID = '0199aaaa-1111-7222-8333-444444444444';
const event = (action: string, object: AuditEventObject['object'], objectId = 'acme') => ({
  action,
  object,
  objectId,
});

describe('what was done', () => {
  it('is a sentence around the name of the object', () => {
    expect(deedOf(event('user.created', 'user'))).toEqual({
      before: 'made the user ',
      named: true,
      after: '',
    });
    expect(deedOf(event('route.paused', 'route')).before).toBe('paused the route ');
    expect(deedOf(event('session.opened', 'session'))).toEqual({
      before: 'signed in',
      named: false,
      after: '',
    });
  });

  it('is told also where nobody has a sentence for it', () => {
    expect(deedOf(event('tls_negotiation.looked_odd', 'tls_negotiation'))).toEqual({
      before: 'TLS handshake ',
      named: true,
      after: ': looked odd',
    });
  });
});

describe('the object', () => {
  it('leads to its page where it has one', () => {
    expect(linkOf(event('route.paused', 'route'))).toEqual({ to: '/routes/$name', params: { name: 'acme' } });
    expect(linkOf(event('run.failed', 'run', ID))).toEqual({ to: '/runs/$id', params: { id: ID } });
    expect(linkOf(event('configuration.approval_given', 'configuration', ID))).toEqual({
      to: '/approvals',
      search: { id: ID },
    });
  });

  it('leads nowhere where it is gone or has no page', () => {
    expect(linkOf(event('endpoint.deleted', 'endpoint'))).toBeUndefined();
    expect(linkOf(event('process.started', 'process'))).toBeUndefined();
    expect(linkOf(event('run.failed', 'run', '../users'))).toBeUndefined();
  });

  it('is named by the beginning of a long identity', () => {
    expect(objectText({ objectId: ID, details: {} })).toBe('0199aaaa');
    expect(objectText({ objectId: 'acme', details: { name: 'other' } })).toBe('acme');
  });

  it('is named by its name where the event has recorded it', () => {
    expect(objectText({ objectId: ID, details: { name: 'erp' } })).toBe('erp');
  });
});

it('tells persons from keys and processes', () => {
  expect(actorText({ actor: { kind: 'user', name: 'anna' } })).toBe('anna');
  expect(actorText({ actor: { kind: 'api_key', name: 'erp' } })).toBe('API key erp');
});
