import { isIPv4 } from 'node:net';
import {
  dataAddress,
  readExtendedPassive,
  readNetworks,
  readPassive,
} from '../../../libs/ftps/src/passive-address.ts';
import { ProtocolViolation } from '../../../libs/ftps/src/protocol-violation.ts';
import { answerOf, holds, type Target } from '../target.ts';
import { replyOf } from './one-reply.ts';
import { standsIn } from './text.ts';

const CONTROL_PEER = '203.0.113.5';
const ALLOWED = readNetworks(['198.51.100.0/24', '127.0.0.0/8', '224.0.0.0/3']);

function isDataPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1024 && port <= 65_535;
}

/** The reader is an argument, so that one with a mistake can be shown to be found. */
export function passiveTarget(read: typeof readPassive): Target {
  return {
    name: 'passive-227',
    seeds: [
      '227 Entering Passive Mode (192,0,2,7,195,80).',
      '227 =127,0,0,1,4,0',
      '227 169,254,169,254,200,1',
      '227-x\r\n227 (198,51,100,1,4,255)',
    ],
    words: [
      '227 ',
      '(',
      ')',
      ',',
      '127,0,0,1,',
      '169,254,',
      '224,0,0,1,4,0',
      // Ports 1023, 1024 and 65535.
      '3,255',
      '4,0',
      '255,255',
      '255',
      '256',
      '0',
      '-',
      '.',
      '\r\n',
    ],
    run(input) {
      const reply = replyOf(input);
      if (!reply) return ['no reply'];
      const said = answerOf(ProtocolViolation, () => read(reply));
      if (!said) return ['violated'];
      const { address, port } = said;
      holds(isDataPort(port), `port ${port}`);
      holds(isIPv4(address), `address ${address}`);
      const numbers = [...address.split('.').map(Number), port >> 8, port & 255];
      const six = new RegExp(numbers.map((number) => `0*${number}`).join(','));
      holds(six.test(reply.lines.at(-1)!), `${address}:${port} is not what was said`);
      return ['read', ...dialled(address)];
    },
  };
}

export const passive = passiveTarget(readPassive);

function* dialled(advertised: string): Generator<string> {
  const own = dataAddress('control_host', CONTROL_PEER, advertised);
  holds(own.address === CONTROL_PEER, 'dials the word of the server');
  const first = Number(advertised.split('.')[0]);
  const nobody = first === 0 || first >= 224;
  const free = answerOf(ProtocolViolation, () => dataAddress('advertised', CONTROL_PEER, advertised));
  if (free) holds(!nobody && first !== 127 && !advertised.startsWith('169.254.'), `dials ${advertised}`);
  const listed = answerOf(ProtocolViolation, () =>
    dataAddress('advertised', CONTROL_PEER, advertised, ALLOWED),
  );
  const mayBeListed = advertised === CONTROL_PEER || first === 127 || advertised.startsWith('198.51.100.');
  holds((listed !== undefined) === mayBeListed, `${advertised} is ${listed ? '' : 'not '}dialled`);
  yield `${free ? 'free' : 'refused'} ${listed ? 'listed' : 'unlisted'}`;
}

export const extendedPassive: Target = {
  name: 'passive-229',
  seeds: ['229 Entering Extended Passive Mode (|||50000|)', '229 (!!!1024!)', '229-x\r\n229 (|||1023|)'],
  words: ['229 ', '(|||', '|)', '(', ')', '|', '!!!', '1111', '65535', '65536', '1023', '\r\n'],
  run(input) {
    const reply = replyOf(input);
    if (!reply) return ['no reply'];
    const port = answerOf(ProtocolViolation, () => readExtendedPassive(reply));
    if (port === undefined) return ['violated'];
    const text = reply.lines.at(-1)!;
    holds(isDataPort(port), `port ${port}`);
    holds(standsIn(text, BigInt(port)), `port ${port} is not what was said`);
    const delimiters = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
    const stated = delimiters.some((one) => text.includes(`(${one}${one}${one}`) && text.includes(`${one})`));
    holds(stated, 'no three equal delimiters');
    return ['read'];
  },
};
