import { describeCrashes } from './support/describe-crashes.ts';

describeCrashes('implicit', 'push');
