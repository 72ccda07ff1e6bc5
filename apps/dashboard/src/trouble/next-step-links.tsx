import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../session/me.ts';
import { buttonClass } from '../ui/button.tsx';
import type { NextStep } from './next-steps.ts';
import styles from './trouble.module.css';

interface NextStepLinksProps {
  steps: readonly NextStep[];
  /** What the page itself has for some of them: a button, or nothing where it has none. */
  own?: Partial<Record<NextStep['kind'], ReactNode>>;
  /** The first of them is what the page is about. */
  leading?: boolean;
  /** What the page offers before all of them. */
  first?: ReactNode;
  /** What follows when that is done. */
  children?: ReactNode;
}

/** The ways out of a trouble, as far as the person may go them. */
export function NextStepLinks({ steps, own = {}, leading = false, first, children }: NextStepLinksProps) {
  const may = useMay();
  const shown = steps.flatMap((step, index): { key: string; link: ReactNode }[] => {
    const link = linkOf(step, own, may, leading && index === 0);
    return link ? [{ key: `${step.kind} ${'endpoint' in step ? step.endpoint : ''}`, link }] : [];
  });
  if (shown.length === 0 && !children && !first) return null;
  return (
    <div className={styles['steps']}>
      {first}
      {shown.map(({ key, link }) => (
        <span key={key}>{link}</span>
      ))}
      {children}
    </div>
  );
}

function linkOf(
  step: NextStep,
  own: NonNullable<NextStepLinksProps['own']>,
  may: ReturnType<typeof useMay>,
  isMain: boolean,
): ReactNode {
  const look = buttonClass(isMain ? 'primary' : 'plain');
  switch (step.kind) {
    case 'doctor':
      return (
        <Link
          to="/endpoints/$name"
          params={{ name: step.endpoint }}
          search={{ part: 'doctor' }}
          className={look}
        >
          {may('probeEndpoint') ? 'Examine' : 'Findings about'} {step.endpoint}
        </Link>
      );
    case 'trust':
      return (
        <Link
          to="/endpoints/$name"
          params={{ name: step.endpoint }}
          search={{ part: 'trust' }}
          className={look}
        >
          Certificate of {step.endpoint}
        </Link>
      );
    case 'endpoint':
      return (
        <Link to="/endpoints/$name" params={{ name: step.endpoint }} className={look}>
          Look at {step.endpoint}
        </Link>
      );
    case 'endpoint_form':
      return (
        may('changeEndpoint') && (
          <Link to="/endpoints/$name/edit" params={{ name: step.endpoint }} className={look}>
            Settings of {step.endpoint}
          </Link>
        )
      );
    case 'route_form':
      return may('changeRoute') ? (
        <Link to="/routes/$name/edit" params={{ name: step.route }} className={look}>
          Settings of {step.route}
        </Link>
      ) : (
        <Link to="/routes/$name" params={{ name: step.route }} className={look}>
          Look at {step.route}
        </Link>
      );
    case 'secrets':
      return (
        may('listSecrets') && (
          <Link to="/settings/$section" params={{ section: 'secrets' }} className={look}>
            Secrets
          </Link>
        )
      );
    default:
      return own[step.kind];
  }
}
