import type { TransferError } from '#domain';
import { sentenceOf } from './judge-reach.ts';
import { failed, type Judgement, note, ok, warning } from './notebook.ts';

export function judgeWrite(
  folder: string,
  facts: { error: TransferError | undefined; wrote: number; stated: bigint | null },
): Judgement {
  if (facts.error) return failed(`Nothing could be written to ${folder}. ${sentenceOf(facts.error)}`);
  if (facts.stated !== null && facts.stated !== BigInt(facts.wrote))
    return failed(
      `${facts.wrote} bytes were written to ${folder}, and the server states ${facts.stated}. Sizes prove nothing here: ask the partner what changes the files.`,
    );
  if (facts.stated === null)
    return warning(
      `A file was written to ${folder}; the server does not state its size (SIZE), so nothing proves it whole.`,
    );
  return ok(`A file of ${facts.wrote} bytes was written to ${folder}, and the server states the same size.`);
}

/** `early`: 226 came while the upload was still open. */
export function judgeConfirmation(early: boolean): Judgement {
  return early
    ? warning(
        'The server confirms an upload (226) before it is over: its word proves nothing. Size or hash do; keep `verify.minimum` at `size` or above.',
      )
    : ok('226 comes after the data connection was closed.');
}

export function judgeHash(facts: {
  announced: readonly string[];
  /** null: SHA-256 is not announced, or no file was there to try it on. */
  sha256Matches: boolean | null;
  tried: boolean;
  error: TransferError | undefined;
}): Judgement {
  const { announced, sha256Matches, tried, error } = facts;
  if (announced.length === 0)
    return note(
      'The server cannot hash: the strongest proof of an upload is reading it back (`verify.minimum: read_back`).',
    );
  const list = announced.join(', ');
  if (error) return warning(`The server announces ${list}, but SHA-256 did not work. ${sentenceOf(error)}`);
  if (sha256Matches === false)
    return failed(`The server's SHA-256 of the file it was sent is not the file's. It cannot be relied on.`);
  if (sha256Matches)
    return ok(
      `The server hashes (${list}), and its SHA-256 is right: \`verify.minimum: hash_by_server\` is possible.`,
    );
  return tried
    ? note(`The server announces ${list}, SHA-256 is not among them.`)
    : ok(`The server announces ${list}; a run with --folder tries it.`);
}

/** MDTM is exact to the second. */
const STEADY_MS = 2_000;
const NOTED_MS = 60_000;
const QUARTER_MS = 15 * 60_000;

export function judgeClock(skewMs: number | null): Judgement {
  if (skewMs === null) return note('The server states no times (MDTM), so its clock could not be compared.');
  const size = Math.abs(skewMs);
  if (size <= STEADY_MS) return ok("The server's clock agrees with ours.");
  const shown = `${duration(size)} ${skewMs > 0 ? 'ahead of' : 'behind'} ours`;
  const toQuarter = Math.abs(size - Math.round(size / QUARTER_MS) * QUARTER_MS);
  if (size >= QUARTER_MS / 2 && toQuarter <= STEADY_MS * 2)
    return warning(
      `The server's times are ${shown}: it states local time where UTC is due. Compare times with care.`,
    );
  if (size <= NOTED_MS) return note(`The server's clock is ${shown}.`);
  return warning(
    `The server's clock is ${shown}. Ages and expectations of its files are off by that; tell the partner.`,
  );
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} hours` : `${hours} hours ${minutes % 60} minutes`;
}

export function judgeRestart(facts: {
  announced: boolean;
  /** null: not tried. */
  works: boolean | null;
}): Judgement {
  const { announced, works } = facts;
  if (works === true) return ok('A download can go on where it stopped (REST brought the right bytes).');
  if (works === false)
    return announced
      ? warning(
          'REST is announced but brings the wrong bytes or is refused: leave `resume` off for this partner.',
        )
      : note('The server has no REST: a broken download begins anew.');
  return announced
    ? ok('The server announces REST; a run with --folder tries it.')
    : note('The server does not announce REST: a broken download begins anew.');
}

export function judgeRename(error: TransferError | undefined): Judgement {
  return error
    ? failed(
        `A file cannot be renamed. ${sentenceOf(error)} Waybill writes under a temporary name and renames: it cannot deliver here.`,
      )
    : ok('A file can be renamed.');
}

export function judgeReplace(replaces: boolean | null): Judgement {
  if (replaces === null) return note('Whether renaming replaces an existing file could not be told.');
  return replaces
    ? note(
        'Renaming onto an existing name replaces that file without asking. Waybill looks before it renames.',
      )
    : ok('Renaming onto an existing name is refused; `onExisting: overwrite` deletes the old file first.');
}

export function judgeRemoval(left: readonly string[]): Judgement {
  return left.length === 0
    ? ok('Everything the doctor made was removed again.')
    : failed(`The doctor could not remove ${left.join(', ')}. Please delete by hand.`);
}

export function judgeUnexamined(folder: string | undefined): Judgement {
  if (folder !== undefined) return note(`Nothing was written to ${folder}: there is no data connection.`);
  return note(
    'Nothing was written. With --folder PATH the doctor also tries hash, clock, resume, rename and delete with files of its own, and removes them.',
  );
}
