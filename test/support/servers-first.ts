import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The suites on real servers last longest: begun last, one of them would be waited for while nothing else is left to do. */
export default class ServersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const [servers, others] = [sorted.filter(onServers), sorted.filter((file) => !onServers(file))];
    return [...servers, ...others];
  }
}

function onServers({ project }: TestSpecification): boolean {
  return project.name === 'servers';
}
