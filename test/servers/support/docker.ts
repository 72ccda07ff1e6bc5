import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GenericContainer, getContainerRuntimeClient, ImageName } from 'testcontainers';
import { describe } from 'vitest';

const IMAGES = join(import.meta.dirname, '../../images');

let available: Promise<boolean> | undefined;

export function dockerAvailable(): Promise<boolean> {
  available ??= getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
  return available;
}

/**
 * Real servers need a container engine. Without one the suite is skipped with one line that says so; under CI that is
 * a failure, because a suite that did not run has proved nothing.
 */
const engine = await dockerAvailable();
export function describeWithDocker(name: string, define: () => void): void {
  if (!engine && process.env['CI'] === 'true')
    throw new Error(`${name}: no container engine answers, and under CI no suite may be skipped`);
  describe.skipIf(!engine)(engine ? name : `${name} (skipped: no container engine answers)`, define);
}

/** Builds `test/images/<name>` once for its content. */
export async function imageOf(name: string): Promise<GenericContainer> {
  const folder = join(IMAGES, name);
  const content = createHash('sha256');
  for (const file of (await readdir(folder)).sort())
    content.update(file).update(await readFile(join(folder, file)));
  const tag = `waybill-test/${name}:${content.digest('hex').slice(0, 12)}`;
  const client = await getContainerRuntimeClient();
  if (await client.image.exists(ImageName.fromString(tag))) return new GenericContainer(tag);
  return GenericContainer.fromDockerfile(folder).build(tag, { deleteOnExit: false });
}
