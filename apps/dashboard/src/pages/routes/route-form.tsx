import { type ReactNode, useEffect } from 'react';
import { useFormContext, useWatch } from 'react-hook-form';
import type { Read } from '../../forms/configured-object.ts';
import { Field } from '../../forms/field.tsx';
import { FieldGroup } from '../../forms/field-group.tsx';
import type { FormValues } from '../../forms/field-spec.ts';
import { FieldRow, FormSection } from '../../forms/form-section.tsx';
import { toObject } from '../../forms/form-values.ts';
import { ObjectForm } from '../../forms/object-form.tsx';
import type { Json } from '../../forms/path.ts';
import { CronField } from './cron-field.tsx';
import { FirePreview } from './fire-preview.tsx';
import { LookPanel } from './look-panel.tsx';
import { ParametersField } from './parameters-field.tsx';
import { ROUTE_FIELDS, SECTION_TITLES, type SectionId } from './route-fields.ts';
import styles from './route-form.module.css';
import { provesByHash } from './route-rules.ts';
import { sectionSays } from './section-says.ts';
import { WayFields } from './way-fields.tsx';
import { ZoneField } from './zone-field.tsx';
import { ownZone } from './zones.ts';

interface RouteFormProps {
  read?: Read<'route'>;
  start?: Json;
  onSaved(saved: Read<'route'>): void;
  onCancel(): void;
}

/** Everything that a route can be configured with; the common things first, with what they would do beside them. */
export function RouteForm({ read, start = {}, onSaved, onCancel }: RouteFormProps) {
  return (
    <ObjectForm
      noun="route"
      specs={ROUTE_FIELDS}
      {...(read && { read })}
      start={start}
      submitLabel={read ? 'Save' : 'Make the route'}
      onSaved={onSaved}
      onCancel={onCancel}
    >
      <FormSection title={SECTION_TITLES.way} says="which files, from where to where" open>
        {!read && (
          <FieldRow>
            <Field path="name" />
          </FieldRow>
        )}
        <WayFields />
        <WithRoute>{(route) => <LookPanel route={route} />}</WithRoute>
      </FormSection>
      <Part id="schedule" open>
        <div className={styles['groupBelowTitle']}>
          <FieldGroup path="schedule">
            <OwnZoneFirst path="schedule.timezone" />
            <CronField />
            <ZoneField path="schedule.timezone" />
            <FieldRow>
              <Field path="schedule.misfire" />
              <Field path="schedule.overlap" />
            </FieldRow>
            <WithRoute>{(route) => <FirePreview route={route} />}</WithRoute>
          </FieldGroup>
        </div>
      </Part>
      <Part id="after">
        <FieldRow>
          <Field path="afterDelivery.source" />
          <Field path="afterDelivery.to" />
        </FieldRow>
      </Part>
      <Part id="arrival">
        <Field path="destination.name" />
        <Field path="destination.onExisting" />
        <Field path="destination.keepModified" />
      </Part>
      <Part id="complete">
        <Field path="source.settleMs" />
        <Field path="source.marker" />
        <Field path="source.recursive" />
      </Part>
      <Part id="proof">
        <Field path="verify.minimum" />
        <Field path="onAmbiguous" />
        <Field path="resume" />
        <NoResume />
      </Part>
      <Part id="retry">
        <FieldRow>
          <Field path="retry.maxAttempts" />
          <Field path="retry.firstDelayMs" />
        </FieldRow>
        <FieldRow>
          <Field path="retry.factor" />
          <Field path="retry.maxDelayMs" />
        </FieldRow>
        <Field path="retry.jitter" />
      </Part>
      <Part id="capacity">
        <FieldRow>
          <Field path="lanes" />
          <Field path="priority" />
        </FieldRow>
        <Field path="workerTag" />
      </Part>
      <Part id="window">
        <div className={styles['groupBelowTitle']}>
          <FieldGroup path="window">
            <OwnZoneFirst path="window.timezone" />
            <FieldRow>
              <Field path="window.from" />
              <Field path="window.to" />
            </FieldRow>
            <ZoneField path="window.timezone" />
          </FieldGroup>
        </div>
      </Part>
      <Part id="parameters">
        <ParametersField />
      </Part>
      <Part id="standing">
        <Field path="enabled" />
      </Part>
    </ObjectForm>
  );
}

/** A section that says what it is set to, so that nobody has to open it to know. */
function Part({ id, open = false, children }: { id: SectionId; open?: boolean; children: ReactNode }) {
  const says = useSectionSays(id);
  return (
    <FormSection title={SECTION_TITLES[id]} says={says} open={open}>
      {children}
    </FormSection>
  );
}

function useSectionSays(id: SectionId): string {
  return sectionSays(id, toObject(ROUTE_FIELDS, useWatch() as FormValues));
}

/** What would be saved, for what shows its effect. */
function WithRoute({ children }: { children(route: Json): ReactNode }) {
  return children(toObject(ROUTE_FIELDS, useWatch() as FormValues));
}

/** Most mean their own clock. */
function OwnZoneFirst({ path }: { path: string }) {
  const { getValues, setValue } = useFormContext();
  useEffect(() => {
    if (getValues(path) === '') setValue(path, ownZone());
  }, [path, getValues, setValue]);
  return null;
}

/** Why it is not asked for. */
function NoResume() {
  if (provesByHash(useWatch() as FormValues)) return null;
  return (
    <p className={styles['small']}>
      A broken file begins anew: to go on where it ended, its delivery has to be proven by a hash.
    </p>
  );
}
