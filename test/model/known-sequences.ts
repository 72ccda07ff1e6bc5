import type { Scenario } from './scenario.ts';

export const KNOWN_SEQUENCES: readonly { title: string; sequence: Scenario }[] = [];
