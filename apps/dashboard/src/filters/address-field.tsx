import { type ComponentProps, useEffect, useRef, useState } from 'react';
import { TextField } from '../ui/fields.tsx';

const PAUSE_MS = 150;

type AddressFieldProps = Omit<ComponentProps<typeof TextField>, 'value' | 'onChange' | 'type'> & {
  value: string;
  onChange(text: string): void;
};

/**
 * A search that stands in the address. Letters stand in the field at once; the address, which is a way of the router,
 * follows when typing pauses: a field that waited for it would lose letters.
 */
export function AddressField({ value, onChange, ...field }: AddressFieldProps) {
  const [typed, setTyped] = useState(value);
  const committed = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  // Others change it too: the back button, a link.
  useEffect(() => {
    if (value === committed.current) return;
    committed.current = value;
    clearTimeout(timer.current);
    setTyped(value);
  }, [value]);
  const type = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      committed.current = text;
      latest.current(text);
    }, PAUSE_MS);
  };
  return <TextField {...field} type="search" value={typed} onChange={(event) => type(event.target.value)} />;
}
