import {
  type Configuration,
  type ConfigurationChange,
  type ConfigurationNoun,
  type ConfigurationObjects,
  diffConfiguration,
  entryOf,
  type FieldProblem,
  findUnnamed,
  parseEntry,
} from '#contract';
import type { Endpoint, LegacyPolicy, TransferRoute } from '#domain';
import { cronProblem } from '#schedule';
import {
  type ApprovalRecord,
  findEndpoint,
  findPartner,
  findRoute,
  findSecretOwners,
  lockConfiguration,
  readConfiguration,
  type Store,
  type StoredConfiguration,
  type Tx,
} from '#store';
import { Approvals, type Author } from './approvals.ts';
import { ConfigurationRefused, refuseFields } from './configuration-refused.ts';
import { assertMatch, entityTag } from './entity-tag.ts';
import { assertHistoryStays, assertUnreferred } from './history-stays.ts';
import { mergePatch } from './merge-patch.ts';
import { clearMovedCredentials } from './moved-endpoints.ts';
import {
  type AnyChange,
  changeOf,
  concerned,
  findIn,
  merged,
  neighboursOf,
  objectsOf,
  shown,
  summaryOf,
} from './object-changes.ts';
import {
  assertStillTrue,
  assertStillValid,
  readPayload,
  wantedChanges,
  writePayload,
} from './pending-changes.ts';
import { PlaceAnswers, type PlaceRules, type SaidBy } from './place-answers.ts';
import { foreignRoot, foreignSides, knownTo, mayChange } from './reach.ts';
import { needsSecondPerson } from './second-person.ts';
import { namedSecrets, referenceProblems } from './secret-references.ts';
import { SecretService } from './secret-service.ts';
import { REST, writeChanges } from './write-changes.ts';

/** What this installation allows; the same for a file, a request and an approval. */
export interface ConfigurationRules extends PlaceRules {
  /** What is wrong with the name of an encoding; the tables are an adapter's. */
  validateEncoding(name: string): string | undefined;
  allowedLegacyPolicies: readonly LegacyPolicy[];
  /** WAYBILL_FOUR_EYES: whom we trust, where we connect to and as whom takes a second person. */
  fourEyes: boolean;
  /** WAYBILL_REST_LOCAL_REFERENCES: requests may name environment variables and files of the workers, as a file may. */
  restLocalReferences?: boolean | undefined;
}

/** What became of a change: it took effect, or it waits for a second person and nothing has changed. */
export type Outcome =
  | { state: 'applied'; changes: ConfigurationChange[] }
  | { state: 'pending'; approval: ApprovalRecord };

/** The kind under which changes of the configuration wait for a second person. */
const KIND = 'configuration';

function saidBy(origin: string): SaidBy {
  return origin === REST ? 'request' : 'file';
}

/** Each time round, somebody else has moved the same endpoint to a host that nobody had asked about. */
const MOST_ROUNDS = 10;

/** The only writer of partners, endpoints and routes: REST, command line and files change them here and nowhere else. */
export class ConfigurationService {
  readonly approvals: Approvals;
  readonly secrets: SecretService;
  readonly #store: Store;
  readonly #rules: ConfigurationRules;

  constructor(store: Store, rules: ConfigurationRules) {
    this.#store = store;
    this.#rules = rules;
    this.approvals = new Approvals(store, rules.fourEyes);
    this.approvals.registerPrepared(KIND, async (asked) => {
      const places = new PlaceAnswers(this.#rules);
      const { origin, changes } = wantedChanges(asked);
      await places.ask(places.unknown(changes, saidBy(origin)));
      return (tx, approval, approvedBy) => this.#takeEffect(tx, approval, approvedBy, places);
    });
    this.secrets = new SecretService(store, this.approvals);
  }

  read(): Promise<StoredConfiguration> {
    return readConfiguration(this.#store.db);
  }

  /** What `apply` of the same file would do. */
  async plan(wanted: Configuration) {
    const current = await this.read();
    return { changes: diffConfiguration(current, wanted), untouched: findUnnamed(current, wanted) };
  }

  /**
   * All of a file with its history and its audit events, or nothing.
   * @throws ConfigurationRefused
   */
  apply(author: Author, wanted: Configuration, fileName: string): Promise<Outcome> {
    return this.#change(author, fileName, (_, current) => {
      const changes = diffConfiguration(current, wanted).map(({ kind, noun, name }) =>
        changeOf(kind, noun, name, findIn(current, noun, name), findIn(wanted, noun, name)),
      );
      const hidden = changes.find(({ noun, before, after }) =>
        [before, after].some((object) => object && !mayChange(author, noun, object, merged(current, wanted))),
      );
      if (hidden)
        throw new ConfigurationRefused('forbidden', `The ${hidden.noun} "${hidden.name}" is not yours.`);
      return changes;
    });
  }

  /** @param given as the file writes the object. @throws ConfigurationRefused */
  create(author: Author, noun: ConfigurationNoun, given: Record<string, unknown>): Promise<Outcome> {
    return this.#change(author, REST, (_, current) => {
      const after = this.#judge(author, noun, given, current, undefined);
      if (findIn(current, noun, after.name))
        throw new ConfigurationRefused('name_taken', `There is ${article(noun)} "${after.name}" already.`);
      return [changeOf('create', noun, after.name, undefined, after)];
    });
  }

  /**
   * @param patch RFC 7396, on the object as the file writes it
   * @param ifMatch the header as it came
   * @throws ConfigurationRefused
   */
  change(
    author: Author,
    noun: ConfigurationNoun,
    name: string,
    patch: Record<string, unknown>,
    ifMatch: string | undefined,
  ): Promise<Outcome> {
    return this.#change(author, REST, async (tx, current) => {
      const before = await this.#find(tx, author, noun, name, current);
      assertMatch(ifMatch, entityTag(before));
      if (patch['name'] !== undefined && patch['name'] !== name)
        throw refuseFields([{ path: 'name', message: 'a name never changes' }]);
      const given = mergePatch(entryOf(noun, before), patch);
      const judged = this.#judge(author, noun, given, current, before);
      const after =
        noun === 'endpoint' ? clearMovedCredentials(before as Endpoint, judged as Endpoint, patch) : judged;
      const change = changeOf('change', noun, name, before, after);
      return change.fields.length > 0 ? [change] : [];
    });
  }

  /** @throws ConfigurationRefused `in_use` while anything refers to it, history too */
  delete(
    author: Author,
    noun: ConfigurationNoun,
    name: string,
    ifMatch: string | undefined,
  ): Promise<Outcome> {
    return this.#change(author, REST, async (tx, current) => {
      const before = await this.#find(tx, author, noun, name, current);
      assertMatch(ifMatch, entityTag(before));
      await assertUnreferred(tx, author, { noun, name }, current);
      return [changeOf('delete', noun, name, before, undefined)];
    });
  }

  /**
   * Reads and writes under one lock, so that what was judged is what is written. Where a place has to be asked about, the lock
   * is let go meanwhile, and everything is judged anew.
   */
  async #change(
    author: Author,
    origin: string,
    judge: (tx: Tx, current: StoredConfiguration) => AnyChange[] | Promise<AnyChange[]>,
  ): Promise<Outcome> {
    const places = new PlaceAnswers(this.#rules);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { outcome, unknown } = await this.#store.transaction(async (tx) => {
        const current = await readLocked(tx);
        const changes = await judge(tx, current);
        const toAsk = places.unknown(changes, saidBy(origin));
        if (toAsk.length > 0) return { outcome: undefined, unknown: toAsk };
        await this.#assertAllowed(tx, author, origin, { changes, current, places });
        return { outcome: await this.#settle(tx, author, current, origin, changes), unknown: [] };
      });
      if (outcome) return outcome;
      await places.ask(unknown);
    }
    throw new ConfigurationRefused('unavailable', 'It is being changed all the time by somebody else.');
  }

  async #find(
    tx: Tx,
    author: Author,
    noun: ConfigurationNoun,
    name: string,
    current: StoredConfiguration,
  ): Promise<ConfigurationObjects[ConfigurationNoun]> {
    const object = findIn(current, noun, name);
    if (object && mayChange(author, noun, object, current)) return object;
    if (object && (await SEEN[noun](tx, author, name)))
      throw new ConfigurationRefused(
        'forbidden',
        `The ${noun} "${name}" serves more than what this identity may change.`,
      );
    throw new ConfigurationRefused('not_found', `There is no ${noun} "${name}".`);
  }

  /** By the rules of a file, and by the reach of who asks. */
  #judge(
    author: Author,
    noun: ConfigurationNoun,
    given: Record<string, unknown>,
    current: StoredConfiguration,
    before: ConfigurationObjects[ConfigurationNoun] | undefined,
  ): ConfigurationObjects[ConfigurationNoun] {
    const routeBefore = noun === 'route' ? (before as TransferRoute | undefined) : undefined;
    const parse = (entry: Record<string, unknown>) =>
      parseEntry(noun, entry, neighboursOf(noun, entry, current), {
        validateCron: cronProblem,
        validateEncoding: this.#rules.validateEncoding,
        allowedLegacyPolicies: this.#rules.allowedLegacyPolicies,
        known: knownTo(author, current, routeBefore),
      });
    const parsed = parse(given);
    if (!parsed.ok) throw refuseFields(parsed.problems);
    const after = parsed.object;
    const problems: FieldProblem[] = [];
    if (noun === 'endpoint')
      problems.push(...foreignRoot(author, before as Endpoint | undefined, after as Endpoint));
    if (noun === 'route')
      problems.push(...foreignSides(author, current, routeBefore, after as TransferRoute));
    const withIt = merged(current, objectsOf([changeOf('change', noun, after.name, undefined, after)]));
    if (problems.length === 0 && !mayChange(author, noun, after, withIt))
      problems.push({
        path: noun === 'endpoint' ? 'partner' : 'name',
        message: 'you reach certain partners only, and it has to belong to one of them',
      });
    if (problems.length > 0) throw refuseFields(problems);
    return after;
  }

  /** By which hosts and folders may be named, and which secrets; and by what is on record. */
  async #assertAllowed(
    tx: Tx,
    author: Author,
    origin: string,
    {
      changes,
      current,
      places,
    }: { changes: readonly AnyChange[]; current: StoredConfiguration; places: PlaceAnswers },
  ): Promise<void> {
    const naming = {
      reach: author.partners,
      local: origin !== REST || this.#rules.restLocalReferences === true,
      owners: await findSecretOwners(tx, namedSecrets(changes)),
    };
    // A request is about one object; a file has to say which one.
    const prefix = ({ noun, name }: AnyChange) => (origin === REST ? '' : `${noun}s.${name}.`);
    const problems = [
      ...places.problems(changes, saidBy(origin), prefix),
      ...changes.flatMap((change) =>
        referenceProblems(change, naming).map(({ path, message }) => ({
          path: `${prefix(change)}${path}`,
          message,
        })),
      ),
    ];
    if (problems.length > 0) throw refuseFields(problems);
    await assertHistoryStays(tx, author, changes, current, merged(current, objectsOf(changes)));
  }

  /** Takes effect now, or waits for a second person as a whole. */
  async #settle(
    tx: Tx,
    { actor }: Author,
    current: StoredConfiguration,
    origin: string,
    changes: readonly AnyChange[],
  ): Promise<Outcome> {
    if (!this.approvals.required || !changes.some(needsSecondPerson)) {
      await writeChanges(tx, { actor, origin }, current, changes);
      return { state: 'applied', changes: changes.map(shown) };
    }
    const after = merged(current, objectsOf(changes));
    const approval = await this.approvals.request(tx, {
      kind: KIND,
      requestedBy: actor,
      partners: concerned(changes, current, after),
      summary: summaryOf(changes),
      changes: changes.map(shown),
      payload: writePayload(origin, changes),
    });
    return { state: 'pending', approval };
  }

  /** What was asked for, exactly, if nothing of it has changed since; places and secrets are judged again. */
  async #takeEffect(
    tx: Tx,
    approval: ApprovalRecord,
    approvedBy: Author,
    places: PlaceAnswers,
  ): Promise<void> {
    const current = await readLocked(tx);
    const { origin, changes } = readPayload(approval, current);
    assertStillTrue(changes, current);
    assertStillValid(changes, merged(current, objectsOf(changes)), this.#rules);
    // Both of them have to be entitled to what they name: a secret may be another one by now.
    await this.#assertAllowed(tx, approvedBy, origin, { changes, current, places });
    const change = { actor: approval.requestedBy, origin, approvalId: approval.id };
    await writeChanges(tx, change, current, changes);
  }
}

/** Whether who asks may know of it. */
const SEEN = {
  partner: findPartner,
  endpoint: findEndpoint,
  route: findRoute,
} as const;

async function readLocked(tx: Tx): Promise<StoredConfiguration> {
  await lockConfiguration(tx);
  return readConfiguration(tx);
}

function article(noun: ConfigurationNoun): string {
  return noun === 'endpoint' ? `an ${noun}` : `a ${noun}`;
}
