import type { RoleName } from '../roles/role-words.ts';

/** A first call for the program, with the key left out: it does not belong into a shell's history. */
export function curlExample(origin: string, role: RoleName): string {
  const proof = `  -H "Authorization: Bearer $WAYBILL_KEY"`;
  if (role === 'viewer' || role === 'auditor') return `curl ${origin}/api/v1/runs \\\n${proof}`;
  return [
    `curl -X POST ${origin}/api/v1/routes/NAME/runs \\`,
    `${proof} \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '{}'`,
  ].join('\n');
}
