import { Prisma } from '../src/generated/client.ts';
import type { Store } from '../src/index.ts';

/** A part of how PostgreSQL answered a statement. */
export interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

/** How PostgreSQL itself explains the statements of a search. */
export async function explainPlans(
  { db }: Store,
  search: (db: Store['db']) => Promise<unknown>,
): Promise<PlanNode[]> {
  const plans: PlanNode[] = [];
  const explained = async (strings: TemplateStringsArray, ...values: unknown[]) => {
    const statement = Prisma.sql(strings, ...values);
    const [row] = await db.$queryRaw<{ 'QUERY PLAN': [{ Plan: PlanNode }] }[]>`
      EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`;
    plans.push(row!['QUERY PLAN'][0].Plan);
    return db.$queryRaw(statement);
  };
  await search(
    new Proxy(db, { get: (target, name) => (name === '$queryRaw' ? explained : Reflect.get(target, name)) }),
  );
  return plans.flatMap(nodesOf);
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** Rows of tables that plans have looked at, whether they have kept them or not. */
export function rowsOf(nodes: readonly PlanNode[]): number {
  let rows = 0;
  for (const node of nodes)
    if (node['Relation Name'] !== undefined)
      rows +=
        node['Actual Loops'] *
        (node['Actual Rows'] +
          (node['Rows Removed by Filter'] ?? 0) +
          (node['Rows Removed by Index Recheck'] ?? 0));
  return rows;
}
