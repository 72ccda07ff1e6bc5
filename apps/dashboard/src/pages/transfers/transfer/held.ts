import type { CallOf, RouteObject, Transfer } from '#contract';

export type Decision = CallOf<'resolveTransfer'>['body']['decision'];
export type Situation = 'in_doubt' | 'quarantined' | 'source_waits';

type Held = Pick<Transfer, 'deliveredAt' | 'error' | 'sizeBytes' | 'sha256' | 'assurance'>;
type Policies = Pick<RouteObject, 'afterDelivery'> & {
  destination: Pick<RouteObject['destination'], 'onExisting'>;
};

/** What it is that nobody but a person can know. */
export function situationOf({ deliveredAt, error }: Pick<Held, 'deliveredAt' | 'error'>): Situation {
  if (deliveredAt !== null) return 'source_waits';
  return error?.code === 'worker_lost' ? 'quarantined' : 'in_doubt';
}

const EXPLANATIONS: Readonly<Record<Situation, string>> = {
  in_doubt:
    'All bytes were sent, and then the file was to get its final name. Whether it did, nobody knows. Look at the destination, or ask the partner, before you decide.',
  quarantined:
    'Workers died while they moved this file, more than once. It is left alone, so that it does not end further ones. Nothing of it was published.',
  source_waits:
    'The file is at its destination. Its source could not be deleted or archived. Nothing is sent again, whatever you decide.',
};

export function explain(situation: Situation): string {
  return EXPLANATIONS[situation];
}

export interface Choice {
  decision: Decision;
  title: string;
  /** What happens then. */
  consequence: string;
  /** Why it cannot be chosen. */
  impossible?: string;
}

/** The three decisions, with what each would bring about. Where the route is not known, nothing is said of its policies. */
export function choicesFor(transfer: Held, policies: Policies | undefined): Choice[] {
  const situation = situationOf(transfer);
  return [
    deliveredChoice(transfer, situation, policies),
    resendChoice(situation, policies),
    giveUpChoice(situation),
  ];
}

function deliveredChoice(transfer: Held, situation: Situation, policies: Policies | undefined): Choice {
  const choice = { decision: 'delivered', title: 'Delivered' } as const;
  if (situation === 'source_waits')
    return {
      ...choice,
      consequence: `It is tried again to ${disposalOf(policies) ?? 'dispose of'} the source.`,
    };
  const isProved = transfer.sizeBytes !== null && transfer.sha256 !== null && transfer.assurance !== null;
  if (!isProved)
    return {
      ...choice,
      consequence: 'The file is at its destination.',
      impossible: 'It never came to that: no size and hash prove what would be delivered.',
    };
  const disposal = disposalOf(policies);
  return {
    ...choice,
    consequence: `You have seen the file at its destination. It is recorded as delivered${disposal ? `, and Waybill goes on to ${disposal} its source` : ''}.`,
  };
}

function disposalOf(policies: Policies | undefined): string | undefined {
  const source = policies?.afterDelivery.source;
  return source === undefined || source === 'keep' ? undefined : source;
}

function resendChoice(situation: Situation, policies: Policies | undefined): Choice {
  const choice = { decision: 'resend', title: 'Send again' } as const;
  if (situation === 'source_waits')
    return {
      ...choice,
      consequence: 'It is moved again.',
      impossible: 'It is at its destination already, and is never sent twice.',
    };
  if (situation === 'quarantined')
    return {
      ...choice,
      consequence: 'It is moved again from its beginning. If workers die of it again, it is held again.',
    };
  const ifThere =
    policies?.destination.onExisting === 'refuse'
      ? 'If it is there after all, nothing is overwritten and the transfer fails.'
      : 'If it is there after all, or was taken already, the partner gets it twice.';
  return {
    ...choice,
    consequence: `The file is not there. It is moved again from its beginning. ${ifThere}`,
  };
}

function giveUpChoice(situation: Situation): Choice {
  const choice = { decision: 'give_up', title: 'Give up' } as const;
  return situation === 'source_waits'
    ? {
        ...choice,
        consequence:
          'The source stays where it is. The transfer is delivered: the file is at its destination.',
      }
    : {
        ...choice,
        consequence:
          'Nobody tries any more. The transfer is failed and its source stays where it is. A rerun of the run takes it up again.',
      };
}
