import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useFormContext, useWatch } from 'react-hook-form';
import { call } from '../../api/call.ts';
import { readAll } from '../../api/read-all.ts';
import type { Read } from '../../forms/configured-object.ts';
import { Field, useFieldValue, useSaid } from '../../forms/field.tsx';
import { FieldGroup } from '../../forms/field-group.tsx';
import { useFormFrame, useSpec } from '../../forms/form-context.ts';
import { FieldRow, FormSection } from '../../forms/form-section.tsx';
import { ObjectForm } from '../../forms/object-form.tsx';
import { type Json, readPath } from '../../forms/path.ts';
import { useMay } from '../../session/me.ts';
import { SelectField } from '../../ui/fields.tsx';
import { clearedByMove, withCredentials } from './cleared-credentials.ts';
import { ENDPOINT_FIELDS, ENDPOINT_SECTIONS } from './endpoint-fields.ts';
import { SECTION_TITLES, type SectionId } from './endpoint-sections.ts';
import styles from './endpoints.module.css';
import { KEEP_CREDENTIALS, MovedNotice } from './moved-notice.tsx';

interface EndpointFormProps {
  read?: Read<'endpoint'>;
  start?: Json;
  proposal?: { says: string; values: Json } | undefined;
  onSaved(saved: Read<'endpoint'>): void;
  onCancel(): void;
}

/** Everything that an endpoint can be configured with; the common things first. */
export function EndpointForm({ read, start = {}, proposal, onSaved, onCancel }: EndpointFormProps) {
  return (
    <ObjectForm
      noun="endpoint"
      specs={ENDPOINT_FIELDS}
      {...(read && { read })}
      start={start}
      proposal={proposal}
      submitLabel={read ? 'Save' : 'Make the endpoint'}
      onSaved={onSaved}
      onCancel={onCancel}
      amend={({ patch, before, object, values }) =>
        readPath(values, KEEP_CREDENTIALS) === true
          ? withCredentials(patch, object, clearedByMove(before, object))
          : patch
      }
    >
      <PortFollowsMode />
      <FormSection title={SECTION_TITLES.common.title} open>
        <FieldRow>
          {!read && <Field path="name" />}
          <PartnerField />
        </FieldRow>
        <FieldRow>
          <Field path="protocol" />
          <Field path="mode" />
        </FieldRow>
        <FieldRow>
          <Field path="host" />
          <Field path="port" />
        </FieldRow>
        <MovedNotice />
        <Field path="root" />
        <Field path="username" />
        <Field path="password" />
        <Field path="maxSessions" />
      </FormSection>
      <Part id="trust" open>
        <Field path="tls.ca" />
        <Field path="tls.pins" />
        <p className={styles['muted']}>
          The doctor shows which certificate and which key the server has, and fills them in here.
        </p>
        <Field path="tls.serverName" />
      </Part>
      <Part id="tls">
        <FieldRow>
          <Field path="tls.minVersion" />
          <Field path="tls.maxVersion" />
        </FieldRow>
        <Field path="tls.sessionReuse" />
        <Field path="tls.closeNotify" />
      </Part>
      <Part id="data">
        <FieldRow>
          <Field path="passive.command" />
          <Field path="passive.addressPolicy" />
        </FieldRow>
        <Field path="passive.advertisedNetworks" />
        <FieldGroup path="active">
          <FieldRow>
            <Field path="active.ports" />
            <Field path="active.address" />
          </FieldRow>
        </FieldGroup>
      </Part>
      <Part id="clientCertificate">
        <FieldGroup path="tls.clientCertificate">
          <Field path="tls.clientCertificate.cert" />
          <Field path="tls.clientCertificate.key" />
          <Field path="tls.clientCertificate.pkcs12" />
          <Field path="tls.clientCertificate.passphrase" />
        </FieldGroup>
      </Part>
      <Part id="proxy">
        <FieldGroup path="proxy">
          <Field path="proxy.kind" />
          <FieldRow>
            <Field path="proxy.host" />
            <Field path="proxy.port" />
          </FieldRow>
          <Field path="proxy.username" />
          <Field path="proxy.password" />
        </FieldGroup>
      </Part>
      <Part id="server">
        <FieldRow>
          <Field path="encoding" />
          <Field path="keepAliveMs" />
        </FieldRow>
        <Field path="transferType" />
        <Field path="pipelining" />
        <Field path="virtualHost" />
        <Field path="account" />
      </Part>
      <Part id="mainframe">
        <FieldGroup path="site">
          <FieldRow>
            <Field path="site.recordFormat" />
            <Field path="site.fileType" />
          </FieldRow>
          <FieldRow>
            <Field path="site.recordLength" />
            <Field path="site.blockSize" />
          </FieldRow>
        </FieldGroup>
      </Part>
      <Part id="legacy">
        <AllowedLegacy />
        <Field path="tls.dataProtection" />
        <Field path="tls.clearCommandChannel" />
        <Field path="tls.auth" />
      </Part>
    </ObjectForm>
  );
}

/** A section of which nothing applies is not there: a directory has no TLS. */
function Part({ id, open = false, children }: { id: SectionId; open?: boolean; children: React.ReactNode }) {
  const { offered } = useFormFrame();
  if (!ENDPOINT_SECTIONS[id].some(({ path }) => offered.has(path))) return null;
  const { title, says } = SECTION_TITLES[id];
  return (
    <FormSection title={title} says={says} open={open}>
      {children}
    </FormSection>
  );
}

function PartnerField() {
  const { value, change } = useFieldValue<string>('partner');
  const { hint, problem } = useSaid(useSpec('partner'));
  const { data: partners = [] } = useQuery(readAll('listPartners'));
  const may = useMay();
  const known = partners.some(({ name }) => name === value);
  return (
    <SelectField
      label="Partner"
      hint={
        <>
          {hint} {may('createPartner') && <Link to="/new/partner">New partner</Link>}
        </>
      }
      problem={problem}
      value={value}
      onChange={(event) => change(event.target.value)}
    >
      <option value="">None: our own</option>
      {value !== '' && !known && <option value={value}>{value}</option>}
      {partners.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

const USUAL_PORTS: Readonly<Record<string, string>> = { explicit: '21', implicit: '990' };

/** Whoever changes the way TLS begins means the usual port of the other way, unless he has another one. */
function PortFollowsMode() {
  const { setValue, getValues } = useFormContext();
  const mode: unknown = useWatch({ name: 'mode' });
  const last = useRef(mode);
  useEffect(() => {
    const before = USUAL_PORTS[String(last.current)];
    const after = USUAL_PORTS[String(mode)];
    if (last.current !== mode && after !== undefined && getValues('port') === before) setValue('port', after);
    last.current = mode;
  }, [mode, setValue, getValues]);
  return null;
}

/** What may be chosen at all; whoever may not read it learns it from the refusal. */
function AllowedLegacy() {
  const may = useMay();
  const { data } = useQuery({
    queryKey: ['getInstallation'],
    queryFn: () => call('getInstallation'),
    enabled: may('getInstallation'),
  });
  if (!data) return null;
  const allowed = data.allowedLegacyPolicies;
  return (
    <p className={styles['muted']}>
      {allowed.length === 0
        ? 'This installation allows no legacy policy: whatever is chosen here beyond the default is refused (WAYBILL_ALLOW_LEGACY).'
        : `This installation allows: ${allowed.join(', ')}.`}
    </p>
  );
}
