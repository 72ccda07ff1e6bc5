import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '#domain';
import { endsConcerned, nextSteps, type Place, phaseInWords } from './next-steps.ts';

const place: Place = {
  route: 'nightly',
  source: 'acme-ftps',
  destination: 'depot',
  servers: ['acme-ftps'],
};

describe('what to do next', () => {
  it('leads to the doctor of the server that refused the login, and to the secrets', () => {
    expect(nextSteps({ code: 'auth_rejected', phase: 'authenticate' }, place)).toEqual([
      { kind: 'doctor', endpoint: 'acme-ftps' },
      { kind: 'secrets' },
      { kind: 'endpoint_form', endpoint: 'acme-ftps' },
    ]);
  });

  it('offers no doctor for a folder of our own', () => {
    const steps = nextSteps({ code: 'permission_denied', phase: 'publish' }, place);
    expect(steps.map(({ kind }) => kind)).toEqual(['route_form', 'transcript']);
  });

  it('leads to both servers where nothing tells which of them it was, and to one where that is on record', () => {
    const both: Place = { ...place, destination: 'borealis-ftps', servers: ['acme-ftps', 'borealis-ftps'] };
    const error = { code: 'tls_untrusted_certificate', phase: 'negotiate' } as const;
    expect(endsConcerned(error, both)).toEqual(['acme-ftps', 'borealis-ftps']);
    expect(endsConcerned(error, { ...both, suspect: 'borealis-ftps' })).toEqual(['borealis-ftps']);
  });

  it('takes the side from the code first, then from the phase', () => {
    expect(endsConcerned({ code: 'disk_full', phase: 'open' }, place)).toEqual(['depot']);
    expect(endsConcerned({ code: 'path_not_found', phase: 'list' }, place)).toEqual(['acme-ftps']);
  });

  it('names an endpoint once that is both ends', () => {
    expect(
      endsConcerned(
        { code: 'connect_refused', phase: null },
        { source: 'one', destination: 'one', servers: ['one'] },
      ),
    ).toEqual(['one']);
  });

  it('offers nothing where it goes on by itself, and nothing for codes of a newer api', () => {
    expect(nextSteps({ code: 'lease_lost', phase: null }, place)).toEqual([]);
    expect(nextSteps({ code: 'from_the_future' as 'internal', phase: null }, place)).toEqual([]);
  });

  it('knows a way for every error that is never tried again, but those that no setting helps', () => {
    const hopeless = new Set(['file_name_refused', 'source_gone', 'cancelled']);
    const without = ERROR_CODES.filter(
      (code) => nextSteps({ code, phase: 'stream' }, place).length === 0 && !hopeless.has(code),
    );
    expect(without).toEqual([
      'transfer_interrupted',
      'resume_refused',
      'source_changed',
      'lease_lost',
      'worker_lost',
      'shutting_down',
      'internal',
    ]);
  });

  it('has words for phases', () => {
    expect(phaseInWords('authenticate')).toBe('logging in');
  });
});
