import { SelectField } from '../../ui/fields.tsx';
import { ROLE_MEANS, ROLE_NAMES, type RoleName } from './roles/role-words.ts';

interface RoleFieldProps {
  value: RoleName;
  onChange(role: RoleName): void;
  problem?: string | undefined;
}

export function RoleField({ value, onChange, problem }: RoleFieldProps) {
  return (
    <SelectField
      label="Role"
      hint={ROLE_MEANS[value]}
      problem={problem}
      value={value}
      onChange={(event) => onChange(event.target.value as RoleName)}
    >
      {ROLE_NAMES.map((role) => (
        <option key={role} value={role}>
          {role}
        </option>
      ))}
    </SelectField>
  );
}
