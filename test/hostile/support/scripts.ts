import type { Faults, Piece } from '#apps/partner-sim';

/** These pieces instead of the reply to every `verb`; the greeting answers ''. */
export function answerTo(verb: string, ...pieces: Piece[]): Faults {
  return { answer: (_, command) => (command.verb === verb ? pieces : undefined) };
}

/** The first time only, and then the connection ends; of all replies to `verb` the one that begins so. */
export function once(verb: string, piece: Piece, beginning = ''): Faults {
  let done = false;
  return {
    answer(reply, command) {
      if (done || command.verb !== verb || !reply.startsWith(beginning)) return undefined;
      done = true;
      return [piece, { close: 'end' }];
    },
  };
}

/** Knows no EPSV, and states this address with its real port. */
export const elsewhere = (address: string): Faults => ({
  answer: (reply, { verb }) =>
    verb === 'EPSV'
      ? ['500 EPSV is not understood.\r\n']
      : verb === 'PASV'
        ? [`${reply.replace(/127,0,0,\d+/, address.replaceAll('.', ','))}\r\n`]
        : undefined,
});

/** FEAT does not name them. Without MLST a client has to ask LIST, SIZE and MDTM. */
export function without(features: RegExp, faults: Faults = {}): Faults {
  return {
    ...faults,
    answer: (reply, command) =>
      command.verb === 'FEAT' ? [`${reply.replace(features, '')}\r\n`] : faults.answer?.(reply, command),
  };
}

export const MLST = / MLST.*\r\n/;
