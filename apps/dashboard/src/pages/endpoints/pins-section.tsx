import { useState } from 'react';
import type { PostureObject } from '#contract';
import { useMay } from '../../session/me.ts';
import { ConfirmDialog } from '../../ui/ask-dialog.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { TextField } from '../../ui/fields.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Section } from '../../ui/page.tsx';
import { Badge, type Tone } from '../../ui/state-badge.tsx';
import { useChangePins } from './change-pins.ts';
import { judgePins, type PinStanding, pinOf } from './pin-standing.ts';
import styles from './trust.module.css';

const SAID: Readonly<Record<PinStanding['standing'], { tone: Tone; says: string; means: string }>> = {
  in_use: { tone: 'good', says: 'in use', means: 'The server shows this key.' },
  staged: {
    tone: 'idle',
    says: 'staged',
    means: 'No server has shown this key yet: it is ready for the change.',
  },
  earlier: {
    tone: 'warn',
    says: 'not shown now',
    means: 'The server has shown this key before; it shows another one now.',
  },
};

type Asked =
  | { kind: 'stage' }
  | { kind: 'pin'; pin: string }
  | { kind: 'remove'; pin: string; inUse: boolean };

/** Which keys are taken: the one in use, the next one staged, and whether the server shows a stranger. */
export function PinsSection({
  name,
  pins,
  posture,
}: {
  name: string;
  pins: string[];
  posture: PostureObject | null | undefined;
}) {
  const mayChange = useMay()('changeEndpoint');
  const [asked, setAsked] = useState<Asked>();
  const certificates = posture?.certificates ?? [];
  const { pins: standing, stranger } = judgePins(pins, certificates);
  const [shown] = certificates;
  const actions = mayChange && (
    <>
      {shown && !pins.includes(pinOf(shown)) && !stranger && (
        <Button onClick={() => setAsked({ kind: 'pin', pin: pinOf(shown) })}>
          <Icon name="lock" /> Pin this key
        </Button>
      )}
      <Button onClick={() => setAsked({ kind: 'stage' })}>
        <Icon name="plus" /> Stage the next pin
      </Button>
    </>
  );
  return (
    <Section title="Pinned keys" actions={actions}>
      {stranger && (
        <div role="alert" className={styles['stranger']}>
          <p>
            <strong>The server shows a key that is not pinned.</strong> Connections are refused. If the
            partner has changed the key, pin the new one; ask by telephone first, as somebody in between would
            show a key too.
          </p>
          <PinText pin={pinOf(stranger)} />
          {mayChange && (
            <div>
              <Button onClick={() => setAsked({ kind: 'pin', pin: pinOf(stranger) })}>Pin this key</Button>
            </div>
          )}
        </div>
      )}
      {standing.length === 0 ? (
        <p className={styles['muted']}>
          No key is pinned: any certificate that a trusted authority vouches for is taken. A pin holds the
          partner to one key.
        </p>
      ) : (
        <ul className={styles['pins']}>
          {standing.map((each) => (
            <Pin
              key={each.pin}
              {...each}
              onRemove={
                mayChange
                  ? () => setAsked({ kind: 'remove', pin: each.pin, inUse: each.standing === 'in_use' })
                  : undefined
              }
            />
          ))}
        </ul>
      )}
      {standing.length === 1 && standing[0]?.standing === 'in_use' && (
        <p className={styles['muted']}>
          When the partner changes the key, nothing gets through any more. Ask for the next one and stage it
          beforehand.
        </p>
      )}
      {asked?.kind === 'stage' && <StagePin name={name} onClose={() => setAsked(undefined)} />}
      {asked?.kind === 'pin' && <AskToPin name={name} pin={asked.pin} onClose={() => setAsked(undefined)} />}
      {asked?.kind === 'remove' && (
        <AskToRemove
          name={name}
          pin={asked.pin}
          says={lossOf(pins, asked.inUse)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Section>
  );
}

function Pin({ pin, standing, lastSeenAt, onRemove }: PinStanding & { onRemove: (() => void) | undefined }) {
  const { tone, says, means } = SAID[standing];
  return (
    <li className={styles['pin']}>
      <Badge tone={tone}>{says}</Badge>
      <PinText pin={pin} />
      <p className={styles['muted']}>
        {means}
        {lastSeenAt !== undefined && (
          <>
            {' '}
            Last <Moment at={lastSeenAt} relative />.
          </>
        )}
      </p>
      {onRemove && (
        <Button look="quiet" aria-label={`Remove the pin ${pin}`} onClick={onRemove}>
          Remove
        </Button>
      )}
    </li>
  );
}

function PinText({ pin }: { pin: string }) {
  return (
    <span className={styles['pinText']}>
      <code>{pin}</code>
      <CopyButton text={pin} label="Copy the pin" />
    </span>
  );
}

function StagePin({ name, onClose }: { name: string; onClose(): void }) {
  const change = useChangePins(name);
  const [pin, setPin] = useState('');
  const given = pin.trim();
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Stage the next pin"
      description="The key that the partner will use next. Until then the one in use goes on; on the day of the change nothing has to be done."
      confirm="Stage it"
      onConfirm={() =>
        change((pins) => [...pins.filter((each) => each !== given), given], 'The pin is staged.')
      }
    >
      <TextField
        label="Pin"
        hint="sha256/ and 44 characters of base64: the SHA-256 of the public key (SPKI)."
        placeholder="sha256/…"
        required
        spellCheck={false}
        value={pin}
        onChange={(event) => setPin(event.target.value)}
      />
    </ConfirmDialog>
  );
}

interface AskProps {
  name: string;
  pin: string;
  onClose(): void;
}

/** What it means that a pin goes. */
function lossOf(pins: readonly string[], inUse: boolean): string {
  if (pins.length === 1) return 'It is the last one: then any certificate of a trusted authority is taken.';
  if (inUse)
    return 'The server shows this key now. Without the pin every connection is refused until it shows another pinned key.';
  return 'A server that shows this key is refused from then on.';
}

function AskToRemove({ name, pin, says, onClose }: AskProps & { says: string }) {
  const change = useChangePins(name);
  return (
    <ConfirmDialog
      open
      danger
      onClose={onClose}
      title="Remove this pin?"
      description={says}
      confirm="Remove"
      onConfirm={() => change((pins) => pins.filter((each) => each !== pin), 'The pin is removed.')}
    >
      <PinText pin={pin} />
    </ConfirmDialog>
  );
}

function AskToPin({ name, pin, onClose }: AskProps) {
  const change = useChangePins(name);
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Pin this key?"
      description="Only a server with a pinned key is talked to from then on. Confirm the value with the partner first, by telephone and not by e-mail."
      confirm="Pin this key"
      onConfirm={() => change((pins) => [...pins.filter((each) => each !== pin), pin], 'The key is pinned.')}
    >
      <PinText pin={pin} />
    </ConfirmDialog>
  );
}
