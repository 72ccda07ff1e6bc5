import { isIP } from 'node:net';
import type { CapabilityProfile, TransferError } from '#domain';
import { hashCommands, hashName } from '../hash-commands.ts';
import { isIpv6Peer, plainAddress } from '../socket-address.ts';
import type { ExaminationOptions } from './examine-endpoint.ts';
import { FileExamination } from './examine-files.ts';
import type { Admission } from './examine-reach.ts';
import { readTrial, trialContent, writeTrial } from './file-trials.ts';
import {
  judgeEpsv,
  judgeListing,
  judgePasv,
  judgePipelining,
  judgeReuse,
  type PassiveFacts,
  type PipeliningFacts,
  pipeliningOf,
  type ReuseFacts,
  reuseOf,
} from './judge-data.ts';
import { judgeHash, judgeRemoval, judgeRestart, judgeUnexamined } from './judge-files.ts';
import { judgeFeatures, judgeProtection, sentenceOf } from './judge-reach.ts';
import { errorOf, type Surroundings } from './knock.ts';
import { firstHabit, type ListingHabit, listFolder, loginFolder, type SeenListing } from './list-folder.ts';
import { Litter } from './litter.ts';
import { failed, type Judgement, type Notebook, note, warning } from './notebook.ts';
import { type PassiveCommand, TrialRoutes } from './trial-routes.ts';
import { Visit } from './visit.ts';

/** What one way to a data connection showed. */
interface Way {
  facts: PassiveFacts;
  advertised: string | null;
  listing: SeenListing | undefined;
  error: TransferError | undefined;
  /** The server was asked at all. */
  asked: boolean;
}

/** How many transfers in a row show that commands sent ahead are answered in order. */
const TRANSFERS_AHEAD = 3;
const TIDY_MS = 20_000;
/** vsftpd under TLS 1.2 refuses a connection that resumed nothing by saying nothing on it. */
const REFUSAL_MS = 5_000;

/** From the login on. Each step stands for itself; a session that breaks is replaced for the next one. */
export class DataExamination {
  readonly #around: Surroundings;
  readonly #options: ExaminationOptions;
  readonly #admission: Admission;
  readonly #notebook: Notebook;
  readonly #profile: CapabilityProfile;
  readonly #litter: Litter;
  #visit: Visit;
  #habit: ListingHabit = { command: 'MLSD', mlsdRefused: false };
  #path: string;

  constructor(around: Surroundings, options: ExaminationOptions, admission: Admission, notebook: Notebook) {
    this.#around = around;
    this.#options = options;
    this.#admission = admission;
    this.#notebook = notebook;
    this.#profile = notebook.profile;
    this.#visit = admission.visit;
    this.#litter = new Litter(options.folder ?? '/');
    this.#path = options.folder ?? '/';
  }

  async run(): Promise<void> {
    try {
      if (await this.#prepare()) await this.#examine();
    } finally {
      await this.#visit.leave();
      await this.#tidy();
    }
  }

  async #examine(): Promise<void> {
    const { folder } = this.#options;
    const { command, listing, error } = await this.#ways();
    if (command) {
      if (folder !== undefined) await this.#files(command, folder);
      else await this.#announced();
      await this.#visit.leave();
      await this.#reuse(command, listing, error);
      await this.#pipelining(command, listing !== undefined);
    }
    if (folder === undefined || !command)
      await this.#notebook.write('write', judgeUnexamined(folder), performance.now());
  }

  /** PBSZ, PROT, FEAT, TYPE: without these nothing else can be looked at. */
  async #prepare(): Promise<boolean> {
    const { endpoint } = this.#around;
    const visit = this.#visit;
    let since = performance.now();
    try {
      await visit.protectData();
      const clear = endpoint.tls.dataProtection === 'clear';
      if (endpoint.mode !== 'plain')
        await this.#notebook.write('protection', judgeProtection(undefined, clear), since);
    } catch (thrown) {
      this.#stopIfAborted();
      await this.#notebook.write('protection', judgeProtection(errorOf(thrown, 'negotiate'), false), since);
      return false;
    }
    since = performance.now();
    try {
      await visit.learn();
      if (this.#options.folder === undefined) this.#path = await loginFolder(visit);
    } catch (thrown) {
      this.#stopIfAborted();
      await this.#notebook.write('features', failed(sentenceOf(errorOf(thrown, 'negotiate'))), since);
      return false;
    }
    const { features } = visit;
    this.#habit = firstHabit(features);
    this.#profile.hashes = [...hashCommands(features).keys()].map(hashName);
    await this.#notebook.write('features', judgeFeatures({ features, encoding: endpoint.encoding }), since);
    return true;
  }

  /** EPSV, PASV and the listing; which passive command leads to data connections here. */
  async #ways(): Promise<{
    command: PassiveCommand | undefined;
    listing: SeenListing | undefined;
    error: TransferError | undefined;
  }> {
    const { endpoint } = this.#around;
    let since = performance.now();
    const epsv = await this.#way('EPSV', true);
    const peer = this.#visit.peerAddress;
    const epsvMs = since;
    since = performance.now();
    const pasv = isIpv6Peer(peer) ? undefined : await this.#way('PASV', epsv.listing === undefined);
    if (epsv.asked) {
      this.#profile.epsv = epsv.facts.connected;
      await this.#notebook.write('epsv', this.#forPassive(judgeEpsv(epsv.facts, pasv?.facts)), epsvMs);
    }
    if (pasv?.asked) {
      const { facts, advertised } = pasv;
      if (!facts.named) this.#profile.passive = 'refused';
      // Behind a proxy, the server's own address is not known.
      else if (isIP(plainAddress(peer)) !== 0)
        this.#profile.passive = advertised === plainAddress(peer) ? 'same_address' : 'other_address';
      const { addressPolicy: policy } = endpoint.passive;
      const judgement = judgePasv({ ...facts, advertised, peer: plainAddress(peer), policy });
      await this.#notebook.write('pasv', this.#forPassive(judgement), since);
    }
    const works = epsv.listing ? epsv : (pasv ?? epsv);
    await this.#judgeListing(works, epsvMs);
    const usable = epsv.facts.connected
      ? ('EPSV' as const)
      : pasv?.facts.connected
        ? ('PASV' as const)
        : undefined;
    const command = epsv.listing ? 'EPSV' : pasv?.listing ? 'PASV' : usable;
    return { command, listing: works.listing, error: works.error };
  }

  /** One passive command, with a listing on its data connection where that is wanted. */
  async #way(command: PassiveCommand, withListing: boolean): Promise<Way> {
    const way: Way = {
      facts: { named: false, connected: false, error: undefined },
      advertised: null,
      listing: undefined,
      error: undefined,
      asked: false,
    };
    let visit: Visit;
    try {
      visit = await this.#current();
    } catch (thrown) {
      this.#stopIfAborted();
      way.error = errorOf(thrown, 'connect');
      return way;
    }
    const routes = new TrialRoutes(visit, command);
    try {
      if (withListing) way.listing = await listFolder(visit, routes, this.#path, this.#habit);
      else (await routes.open({ allowHalfOpen: false })).destroy();
    } catch (thrown) {
      this.#stopIfAborted();
      way.error = visit.takeStock(thrown);
    }
    way.asked = routes.reply !== undefined;
    way.advertised = routes.advertised;
    way.facts = { named: routes.named, connected: routes.connected, error: way.error };
    return way;
  }

  /** Where the server connects to us, passive data connections are only worth knowing. */
  #forPassive(judgement: Judgement): Judgement {
    if (!this.#around.endpoint.active || judgement.outcome !== 'failed') return judgement;
    return note(`${judgement.says} This endpoint uses active mode, which the doctor does not try.`);
  }

  async #judgeListing({ listing, error }: Way, since: number): Promise<void> {
    const { command, mlsdRefused } = this.#habit;
    if (listing) {
      this.#profile.listing = command === 'MLSD' ? 'mlsd' : 'list';
      this.#profile.dialect = command === 'MLSD' ? null : (listing.dialect ?? null);
    }
    const judgement = judgeListing({
      path: this.#path,
      command: command === 'MLSD' ? 'MLSD' : 'LIST',
      mlsdRefused,
      dialect: listing?.dialect,
      entries: listing?.entries ?? 0,
      refused: listing?.refused ?? [],
      closeNotify: listing?.closeNotify ?? 'unobserved',
      error: listing ? undefined : error,
    });
    await this.#notebook.write('listing', judgement, since);
  }

  async #files(command: PassiveCommand, folder: string): Promise<void> {
    const since = performance.now();
    let visit: Visit;
    try {
      visit = await this.#current();
    } catch (thrown) {
      this.#stopIfAborted();
      const says = `Nothing was written: the session broke, and there was no other. ${sentenceOf(errorOf(thrown, 'connect'))}`;
      await this.#notebook.write('write', warning(says), since);
      return;
    }
    await new FileExamination(this.#notebook, visit, command, folder, this.#litter).run();
  }

  /** What the server only says it can. */
  async #announced(): Promise<void> {
    const { features } = this.#visit;
    const since = performance.now();
    const announced = this.#profile.hashes;
    const hash = judgeHash({ announced, sha256Matches: null, tried: false, error: undefined });
    await this.#notebook.write('hash', hash, since);
    const rest = judgeRestart({ announced: features.has('REST'), works: null });
    await this.#notebook.write('resume', rest, since);
  }

  /** A second session that offers no TLS session to resume: servers that demand one end it here. */
  async #reuse(
    command: PassiveCommand,
    listing: SeenListing | undefined,
    error: TransferError | undefined,
  ): Promise<void> {
    const { endpoint } = this.#around;
    if (endpoint.mode === 'plain' || endpoint.tls.dataProtection === 'clear') return;
    const since = performance.now();
    const facts: ReuseFacts = {
      offered: listing?.resumed ? 'resumed' : listing ? 'full' : 'refused',
      without: 'not_examined',
      configured: endpoint.tls.sessionReuse,
    };
    // A listing that failed for another reason says nothing about it.
    if (!listing && error?.code !== 'tls_session_not_reused') return;
    if (facts.offered === 'resumed') facts.without = await this.#withoutReuse(command);
    this.#profile.sessionReuse = reuseOf(facts);
    await this.#notebook.write('session_reuse', judgeReuse(facts), since);
  }

  async #withoutReuse(command: PassiveCommand): Promise<ReuseFacts['without']> {
    let visit: Visit | undefined;
    try {
      const { deadlines } = this.#around;
      const around = { ...this.#around, deadlines: { ...deadlines, dataWindowMs: REFUSAL_MS } };
      visit = await this.#another({ sessionReuse: 'off', around });
    } catch {
      this.#stopIfAborted();
      return 'not_examined';
    }
    try {
      await listFolder(visit, new TrialRoutes(visit, command), this.#path, this.#habit);
      return 'accepted';
    } catch {
      this.#stopIfAborted();
      return 'refused';
    } finally {
      await visit.leave();
    }
  }

  /** In a session of its own: a server that loses step spoils nothing else. */
  async #pipelining(command: PassiveCommand, lists: boolean): Promise<void> {
    const since = performance.now();
    let visit: Visit;
    try {
      visit = await this.#another({});
    } catch (thrown) {
      this.#stopIfAborted();
      const says = `Whether commands may be sent ahead was not examined. ${sentenceOf(errorOf(thrown, 'connect'))}`;
      await this.#notebook.write('pipelining', warning(says), since);
      return;
    }
    this.#visit = visit;
    const configured = this.#around.endpoint.pipelining ?? false;
    const facts: PipeliningFacts = { together: false, ahead: undefined, error: undefined, configured };
    try {
      facts.together = await twoAtOnce(visit);
      if (facts.together) facts.ahead = await this.#transfersAhead(visit, command, lists);
    } catch (thrown) {
      this.#stopIfAborted();
      facts.error = errorOf(thrown, visit.control.phase);
      // Replies and commands may have come apart: every later answer would be a lie.
      visit.cut(facts.error);
    }
    if (!visit.broken) await this.#litter.sweep(visit).catch((thrown) => visit.takeStock(thrown));
    this.#profile.pipelining = pipeliningOf(facts);
    await this.#notebook.write('pipelining', judgePipelining(facts), since);
  }

  /** Each asks for the next one's port while its own data are under way. */
  async #transfersAhead(
    visit: Visit,
    command: PassiveCommand,
    lists: boolean,
  ): Promise<PipeliningFacts['ahead']> {
    const routes = new TrialRoutes(visit, command, { pipelining: true });
    const path = await this.#fileToRead(visit, command);
    if (path === undefined && !lists) return undefined;
    for (let transfer = 0; transfer < TRANSFERS_AHEAD; transfer++) {
      if (path === undefined) await listFolder(visit, routes, this.#path, this.#habit);
      else await readTrial(visit, routes, path);
    }
    await routes.settle();
    return {
      transfers: TRANSFERS_AHEAD,
      verb: path === undefined ? this.#habit.command.slice(0, 4) : 'RETR',
    };
  }

  /** A small file of ours, where we may write; undefined otherwise. */
  async #fileToRead(visit: Visit, command: PassiveCommand): Promise<string | undefined> {
    if (this.#options.folder === undefined) return undefined;
    const path = this.#litter.announce();
    try {
      await writeTrial(visit, new TrialRoutes(visit, command), path, trialContent(4096), this.#litter);
      return path;
    } catch (thrown) {
      if (visit.broken) throw thrown;
      return undefined;
    }
  }

  /** The session in hand, or a new one where it broke. */
  async #current(): Promise<Visit> {
    if (this.#visit.broken) this.#visit = await this.#another({});
    return this.#visit;
  }

  #another(change: { sessionReuse?: 'off'; around?: Surroundings }): Promise<Visit> {
    const { identity, budget } = this.#admission;
    const { password, account } = this.#options;
    const { around = this.#around, ...reuse } = change;
    return Visit.another(around, { ...identity, ...reuse }, { password, account }, budget);
  }

  /** Whatever happened, and also when we were told to stop: nothing of ours stays at the partner. */
  async #tidy(): Promise<void> {
    const since = performance.now();
    const made = this.#litter.everAnnounced;
    if (this.#litter.paths.length > 0) {
      try {
        const around = { ...this.#around, signal: AbortSignal.timeout(TIDY_MS) };
        const visit = await this.#another({ around });
        await this.#litter.sweep(visit).finally(() => visit.leave());
      } catch {
        // What is left is told below.
      }
    }
    if (made) await this.#notebook.write('cleanup', judgeRemoval(this.#litter.paths), since);
  }

  #stopIfAborted(): void {
    this.#around.signal.throwIfAborted();
  }
}

/** Two commands in one segment, two answers. */
async function twoAtOnce(visit: Visit): Promise<boolean> {
  const { replyMs } = visit.around.deadlines;
  const { control } = visit;
  const asked = visit.together(() => [
    control.send('NOOP'),
    control.send('NOOP', undefined, { ahead: true }),
  ]);
  const replies = [await asked[0]!.final(replyMs), await asked[1]!.final(replyMs)];
  return replies.every(({ code }) => code === 200);
}
