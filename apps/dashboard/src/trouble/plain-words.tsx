import { OutsideText } from '../ui/outside-text.tsx';

/** A sentence of Waybill's own, in which names of options stand between back quotes. */
export function PlainWords({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
      <code key={index}>
        <OutsideText text={part} />
      </code>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above
      <OutsideText key={index} text={part} />
    ),
  );
}
