import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { callFully } from '../../../api/call.ts';
import { fieldProblems } from '../../../api/problem.ts';
import { Button } from '../../../ui/button.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Dialog, DialogActions } from '../../../ui/dialog.tsx';
import { TextField } from '../../../ui/fields.tsx';
import type { Reach } from '../reach.ts';
import { ReachField } from '../reach-field.tsx';
import { RoleField } from '../role-field.tsx';
import type { RoleName } from '../roles/role-words.ts';
import styles from '../settings.module.css';
import { ShownOnce } from '../shown-once.tsx';
import { Step } from '../step.tsx';
import { curlExample } from './curl-example.ts';

interface Made {
  key: string;
  /** Four eyes: it opens nothing before. */
  waits: boolean;
}

export function CreateKeyDialog({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<RoleName>('operator');
  const [partners, setPartners] = useState<Reach>('all');
  const [routes, setRoutes] = useState<Reach>('all');
  const [expires, setExpires] = useState('');
  const [made, setMade] = useState<Made>();
  const queries = useQueryClient();
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      callFully('createKey', {
        body: {
          name: name.trim(),
          role,
          partners,
          routes,
          expiresAt: expires === '' ? null : new Date(`${expires}T23:59:59`).toISOString(),
        },
      }),
    onSuccess: ({ body }) => {
      setMade({ key: body.key, waits: 'approval' in body });
      void queries.invalidateQueries({ queryKey: ['listKeys'] });
      void queries.invalidateQueries({ queryKey: ['listApprovals'] });
    },
  });
  const problem = (field: string) =>
    fieldProblems(create.error).find(({ path }) => path.endsWith(field))?.message;
  return (
    <Dialog
      open
      title={made ? `The key ${name.trim()}` : 'New API key'}
      holds={name !== ''}
      closable={!made}
      onClose={() => !made && onClose()}
    >
      {made ? (
        <MadeKey made={made} role={role} onClose={onClose} />
      ) : (
        <Step
          verb="Make key"
          busy={create.isPending}
          error={create.error}
          disabled={isEmpty(partners) || isEmpty(routes)}
          onSubmit={() => create.mutate()}
          onClose={onClose}
        >
          <TextField
            label="Name"
            hint="The program that uses it. It stands in the audit."
            placeholder="erp"
            autoCapitalize="none"
            spellCheck={false}
            required
            problem={problem('name')}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <RoleField value={role} onChange={setRole} problem={problem('role')} />
          <ReachField noun="partner" value={partners} onChange={setPartners} problem={problem('partners')} />
          <ReachField noun="route" value={routes} onChange={setRoutes} problem={problem('routes')} />
          <TextField
            label="Last day (optional)"
            hint="Without one it works until it is revoked."
            type="date"
            min={today()}
            problem={problem('expiresAt')}
            value={expires}
            onChange={(event) => setExpires(event.target.value)}
          />
        </Step>
      )}
    </Dialog>
  );
}

const isEmpty = (reach: Reach) => reach !== 'all' && reach.length === 0;

function today(): string {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

function MadeKey({ made: { key, waits }, role, onClose }: { made: Made; role: RoleName; onClose(): void }) {
  const example = curlExample(window.location.origin, role);
  return (
    <div className={styles['step']}>
      <ShownOnce label="API key" text={key} />
      {/* No link: whoever follows it before he has copied the key has lost it. */}
      {waits && (
        <p className={styles['waits']}>
          <strong>It opens nothing yet.</strong> It waits for a second person: another admin approves it under
          Approvals.
        </p>
      )}
      <div className={styles['badges']}>
        <p className={styles['grow']}>
          With the key in the variable <code>WAYBILL_KEY</code>:
        </p>
        <CopyButton text={example} label="Copy example" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
      <section className={styles['code']} aria-label="Example" tabIndex={0}>
        <pre>{example}</pre>
      </section>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </div>
  );
}
