import { Link } from '@tanstack/react-router';
import type { FieldSpec } from '../../forms/field-spec.ts';
import { presentSpecs, toValues } from '../../forms/form-values.ts';
import { readPath } from '../../forms/path.ts';
import { valueTexts } from '../../forms/show-value.ts';
import { Disclosure } from '../../ui/disclosure.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Section } from '../../ui/page.tsx';
import { ENDPOINT_FIELDS, ENDPOINT_SECTIONS } from './endpoint-fields.ts';
import { SECTION_TITLES, type SectionId } from './endpoint-sections.ts';
import type { Endpoint } from './endpoint-summary.ts';
import styles from './trust.module.css';

const WIDE = new Set(['tls.pins', 'root', 'passive.advertisedNetworks']);

/** Everything that is configured, in plain words, in the order of the form. */
export function EndpointFacts({ endpoint }: { endpoint: Endpoint }) {
  const present = new Set(presentSpecs(ENDPOINT_FIELDS, toValues(ENDPOINT_FIELDS, endpoint)));
  return (Object.keys(ENDPOINT_SECTIONS) as SectionId[]).map((id) => {
    const fields = ENDPOINT_SECTIONS[id].filter(
      (field) => present.has(field) && field.kind !== 'group' && field.path !== 'name',
    );
    if (fields.length === 0) return null;
    return (
      <Section key={id} title={SECTION_TITLES[id].title}>
        <Facts>
          {fields.map((field) => (
            <Fact
              key={field.path}
              label={field.label}
              wide={WIDE.has(field.path) || field.kind.startsWith('certificate')}
            >
              <FieldValue field={field} value={readPath(endpoint, field.path)} />
            </Fact>
          ))}
        </Facts>
      </Section>
    );
  });
}

function FieldValue({ field, value }: { field: FieldSpec; value: unknown }) {
  if (field.path === 'partner' && typeof value === 'string')
    return (
      <Link to="/partners/$name" params={{ name: value }}>
        {value}
      </Link>
    );
  const texts = valueTexts(value, field);
  if (texts.length === 0) return <span className={styles['muted']}>{nothingText(field)}</span>;
  if (field.kind === 'certificates' || field.kind === 'certificate')
    return [value].flat().map((pem, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: equal texts have no identity but their place
      <Disclosure key={index} title={texts.length === 1 ? 'One certificate' : `Certificate ${index + 1}`}>
        <pre className={styles['pem']}>{String(pem)}</pre>
      </Disclosure>
    ));
  const meaning =
    field.kind === 'choice' ? field.options.find((option) => option.value === value)?.means : undefined;
  return (
    <>
      {texts.map((text) => (
        <div key={text}>
          <OutsideText text={text} />
        </div>
      ))}
      {meaning && <div className={styles['muted']}>{meaning}</div>}
    </>
  );
}

function nothingText(field: FieldSpec): string {
  if (field.path === 'tls.ca') return 'the authorities of the system';
  if (field.path === 'tls.serverName') return 'the host';
  if (field.path === 'partner') return 'none: our own';
  if (field.kind === 'choice' && field.absent) return field.absent.toLowerCase();
  return 'none';
}
