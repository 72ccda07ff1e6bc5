import { useEffect, useState } from 'react';
import { announce } from './announce.tsx';
import { IconButton } from './button.tsx';
import { copyText } from './copy-text.ts';
import { Icon } from './icon.tsx';

const SAID_MS = 2_000;

/** `label` says what is copied: `Copy SHA-256`. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [outcome, setOutcome] = useState<'copied' | 'failed'>();
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    const done = await copyText(text);
    setOutcome(done ? 'copied' : 'failed');
    announce(done ? 'Copied' : 'This browser does not let pages copy');
  };
  return (
    <IconButton label={label} onClick={() => void copy()}>
      <Icon name={outcome === 'copied' ? 'check' : outcome === 'failed' ? 'warn' : 'copy'} />
    </IconButton>
  );
}
