import { useEffect, useState } from 'react';

/** The value when it has not changed for so long: by its text, so that an equal object is no change. */
export function useDebounced<Value>(value: Value, pauseMs: number): Value {
  const text = JSON.stringify(value);
  const [settled, setSettled] = useState({ text, value });
  useEffect(() => {
    const timer = setTimeout(
      () => setSettled({ text, value: text === undefined ? (undefined as Value) : JSON.parse(text) }),
      pauseMs,
    );
    return () => clearTimeout(timer);
  }, [text, pauseMs]);
  return settled.value;
}
