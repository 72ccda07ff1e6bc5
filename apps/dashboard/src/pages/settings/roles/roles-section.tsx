// biome-ignore-all lint/a11y/noRedundantRoles: laid out as a grid, the elements lose the roles they come with
import summaries from 'virtual:operation-summaries';
import operations from 'virtual:operations';
import type { OperationId } from '#contract';
import { useMe } from '../../../session/me.ts';
import { Icon } from '../../../ui/icon.tsx';
import { Section } from '../../../ui/page.tsx';
import { Badge } from '../../../ui/state-badge.tsx';
import { type RoleGroup, roleTable } from './role-table.ts';
import { ROLE_MEANS, ROLE_NAMES } from './role-words.ts';
import styles from './roles.module.css';

const GROUPS = roleTable(operations);

/** Who may what, out of the very table that the api goes by. */
export function RolesSection() {
  const me = useMe();
  return (
    <>
      <Section title="Roles">
        <dl className={styles['roles']}>
          {ROLE_NAMES.map((role) => (
            <div key={role}>
              <dt>
                {role} {role === me.role && <Badge tone="good">yours</Badge>}
              </dt>
              <dd>{ROLE_MEANS[role]}</dd>
            </div>
          ))}
        </dl>
        <p className={styles['muted']}>
          Beside the role everybody has a reach: all partners, or some of them. Who is limited to some sees
          and does all of this for those only.
        </p>
      </Section>
      {GROUPS.map((group) => (
        <Section key={group.title} title={group.title}>
          <GroupTable group={group} />
        </Section>
      ))}
    </>
  );
}

function GroupTable({ group: { title, rows } }: { group: RoleGroup }) {
  return (
    <table role="table" className={styles['table']}>
      <caption className="visually-hidden">{title}: who may what</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            <span className="visually-hidden">What</span>
          </th>
          {ROLE_NAMES.map((role) => (
            <th key={role} role="columnheader" scope="col" className={styles['role']}>
              {role}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ id, title: what, roles, besides }) => (
          <tr key={id} role="row">
            <th role="rowheader" scope="row">
              {what}
              <span className={styles['means']}>
                {summaries[id as OperationId]}
                {besides && <em>: {besides}</em>}
              </span>
            </th>
            {ROLE_NAMES.map((role) => (
              <td key={role} role="cell" data-role={role} className={styles['role']}>
                {roles.has(role) ? (
                  <>
                    <span className={styles['yes']}>
                      <Icon name="check" />
                    </span>
                    <span className="visually-hidden">yes</span>
                  </>
                ) : (
                  <>
                    <span aria-hidden className={styles['no']}>
                      –
                    </span>
                    <span className="visually-hidden">no</span>
                  </>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
