import { isAbsolute, join } from 'node:path';
import { z } from 'zod';

/** Which folders of this machine endpoints may have. */
export interface LocalRootsConfig {
  /** The installation's own: nobody's, nor a folder that holds one of them. */
  own: readonly string[];
  /** Within those, and for files after all. */
  open: readonly string[];
  /** For endpoints that requests make. */
  folders: readonly string[];
  /** The operator has named the folders: they are all that endpoints may have, also those of configuration files. */
  bindsFiles: boolean;
}

/** `/srv/waybill,/mnt/exchange`; which one is wrong is told by its position. */
const folders = z.string().transform((list, context) =>
  list.split(',').flatMap((item, index): string[] => {
    const path = item.trim();
    if (isAbsolute(path)) return [path];
    context.addIssue(`item ${index + 1} must be an absolute path`);
    return [];
  }),
);

export const LOCAL_ROOTS_SCHEMA = { WAYBILL_LOCAL_ROOTS: folders.optional() };

export function localRootsConfigOf(
  { WAYBILL_LOCAL_ROOTS: named }: z.infer<z.ZodObject<typeof LOCAL_ROOTS_SCHEMA>>,
  { home, own, demo = false }: { home: string; own: readonly string[]; demo?: boolean | undefined },
): LocalRootsConfig {
  const files = join(home, 'files');
  // Its partner lives in the home with everything else that one command makes.
  const ofDemo = demo ? [join(home, 'demo/inbox'), join(home, 'demo/outbox')] : [];
  return {
    own: [home, ...own],
    open: [files, ...ofDemo],
    folders: [...(named ?? [files]), ...ofDemo],
    bindsFiles: named !== undefined,
  };
}
