import type { Target } from '../target.ts';
import { commands, shownText } from './commands.ts';
import { features, hashes } from './features.ts';
import { listings } from './listings.ts';
import { extendedPassive, passive } from './passive.ts';
import { proxies } from './proxies.ts';
import { replies } from './replies.ts';
import { modified, size } from './values.ts';

export const TARGETS: readonly Target[] = [
  ...[replies, passive, extendedPassive, size, modified, features, hashes],
  ...[commands, shownText],
  ...proxies,
  ...listings,
];
