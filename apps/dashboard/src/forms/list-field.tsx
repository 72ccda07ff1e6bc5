import { useRef } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { useFieldValue, useSaid } from './field.tsx';
import { FieldFrame } from './field-frame.tsx';
import type { SpecOf } from './field-spec.ts';
import styles from './forms.module.css';

/** Strings in their order; Enter adds the next one, several pasted lines become several. */
export function ListField({ spec }: { spec: SpecOf<'list'> }) {
  const { value: items, change } = useFieldValue<string[]>(spec.path);
  const said = useSaid(spec);
  const frame = useRef<HTMLDivElement>(null);
  const focus = (index: number) =>
    requestAnimationFrame(() => frame.current?.querySelectorAll('input')[index]?.focus());
  const add = (after: number) => {
    change([...items.slice(0, after + 1), '', ...items.slice(after + 1)]);
    focus(after + 1);
  };
  const set = (index: number, text: string) => change(items.with(index, text));
  const remove = (index: number) => {
    change(items.toSpliced(index, 1));
    focus(Math.max(0, index - 1));
  };
  return (
    <FieldFrame label={said.label} hint={said.hint} problem={said.problem}>
      <div ref={frame} className={styles['list']}>
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: equal strings have no identity but their place
          <div key={index} className={styles['listRow']}>
            <input
              className={styles['control']}
              aria-label={`${said.label}, ${index + 1}`}
              value={item}
              placeholder={spec.placeholder}
              spellCheck={false}
              autoCapitalize="none"
              autoComplete="off"
              onChange={(event) => set(index, event.target.value)}
              onPaste={(event) => {
                const lines = event.clipboardData
                  .getData('text')
                  .split(/\r?\n/)
                  .filter((line) => line.trim() !== '');
                if (lines.length < 2) return;
                event.preventDefault();
                change(items.toSpliced(index, item === '' ? 1 : 0, ...lines.map((line) => line.trim())));
              }}
              onKeyDown={(event) => {
                if (event.key === 'Enter') {
                  event.preventDefault();
                  add(index);
                } else if (event.key === 'Backspace' && item === '') {
                  event.preventDefault();
                  remove(index);
                }
              }}
            />
            <IconButton label={`Remove ${spec.item} ${index + 1}`} onClick={() => remove(index)}>
              <Icon name="close" />
            </IconButton>
          </div>
        ))}
        <Button className={styles['add']} onClick={() => add(items.length - 1)}>
          <Icon name="plus" /> Add {spec.item}
        </Button>
      </div>
    </FieldFrame>
  );
}
