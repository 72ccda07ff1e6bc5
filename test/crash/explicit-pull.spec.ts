import { describeCrashes } from './support/describe-crashes.ts';

describeCrashes('explicit', 'pull');
