import { Egress, type EgressOptions, USUAL_RULES } from '../src/index.ts';

/** The usual policy, with this machine allowed by name: the servers of tests are on it. */
export function egressOfTests(more: Partial<EgressOptions> = {}): Egress {
  return new Egress({
    allow: [...USUAL_RULES, { kind: 'class', addressClass: 'loopback' }],
    deny: [],
    ...more,
  });
}
