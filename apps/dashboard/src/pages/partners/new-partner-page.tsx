import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Field } from '../../forms/field.tsx';
import { FormSection } from '../../forms/form-section.tsx';
import { ObjectForm } from '../../forms/object-form.tsx';
import { useMay } from '../../session/me.ts';
import { buttonClass } from '../../ui/button.tsx';
import { EmptyState, Page, Section } from '../../ui/page.tsx';
import { PARTNER_FIELDS } from './partner-fields.ts';
import styles from './partners.module.css';

/** A new partner; its endpoint comes next. */
export function NewPartnerPage() {
  const may = useMay();
  const navigate = useNavigate();
  const [made, setMade] = useState<string>();
  if (!may('createPartner'))
    return (
      <Page title="New partner">
        <EmptyState title="Only an admin makes partners." />
      </Page>
    );
  if (made !== undefined)
    return (
      <Page title="New partner">
        <Section title={`${made} is there`}>
          <p role="status">
            Next comes its server: where it is, and as whom to log in. Then a route says which files go where.
          </p>
          <div className={styles['next']}>
            <Link to="/new/endpoint" search={{ partner: made }} className={buttonClass('primary')}>
              Add an endpoint
            </Link>
            <Link to="/partners/$name" params={{ name: made }} className={buttonClass()}>
              Later: go to {made}
            </Link>
          </div>
        </Section>
      </Page>
    );
  return (
    <Page title="New partner">
      <ObjectForm
        noun="partner"
        specs={PARTNER_FIELDS}
        submitLabel="Make the partner"
        onSaved={({ object }) => setMade(object.name)}
        onCancel={() => void navigate({ to: '/partners' })}
      >
        <FormSection title="Who it is" open>
          <Field path="name" />
        </FormSection>
      </ObjectForm>
    </Page>
  );
}
