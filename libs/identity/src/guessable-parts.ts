/** What lists of leaked passwords are full of, and what somebody here would think of first. */
const WORDS = [
  ...[
    'password',
    'passwort',
    'passwd',
    'passw',
    'pass',
    'kennwort',
    'secret',
    'geheim',
    'login',
    'admin',
    'administrator',
  ],
  ...[
    'root',
    'user',
    'guest',
    'test',
    'demo',
    'default',
    'changeme',
    'change',
    'welcome',
    'willkommen',
    'hello',
    'hallo',
  ],
  ...[
    'letmein',
    'trustno',
    'iloveyou',
    'love',
    'monkey',
    'dragon',
    'princess',
    'sunshine',
    'football',
    'baseball',
    'master',
  ],
  ...[
    'superman',
    'batman',
    'starwars',
    'pokemon',
    'michael',
    'jordan',
    'shadow',
    'freedom',
    'whatever',
    'computer',
    'internet',
  ],
  ...[
    'spring',
    'summer',
    'autumn',
    'winter',
    'january',
    'february',
    'march',
    'april',
    'june',
    'july',
    'august',
    'september',
  ],
  ...[
    'october',
    'november',
    'december',
    'monday',
    'friday',
    'sunday',
    'waybill',
    'transfer',
    'server',
    'ftps',
    'sftp',
    'ftp',
  ],
];
/** As they lie on keyboards, and in the alphabet. */
const ROWS = ['qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm', 'yxcvbnm', 'qazwsxedcrfv'];
const ALPHABETS = ['abcdefghijklmnopqrstuvwxyz', '01234567890'];
const LEAST_RUN = 3;

/** Digits and signs as people put them for letters. */
const LETTER_OF: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' },
};

/**
 * How many choices went into a password at most: each well-known word, year, repetition and run of a keyboard or alphabet is
 * one, and so is each character between them. `Password2026!` has three.
 */
export function countChoices(password: string): number {
  const text = password.normalize('NFKC').toLowerCase();
  const letters = [...text].map((letter) => LETTER_OF[letter] ?? letter).join('');
  let choices = 0;
  for (let at = 0; at < text.length; choices++)
    at += Math.max(
      wordAt(text, at),
      wordAt(letters, at),
      runAt(text, at),
      yearAt(text, at),
      repetitionAt(text, at),
      1,
    );
  return choices;
}

function wordAt(text: string, at: number): number {
  return Math.max(0, ...WORDS.filter((word) => text.startsWith(word, at)).map(({ length }) => length));
}

function runAt(text: string, at: number): number {
  const lines = [...ROWS, ...ALPHABETS].flatMap((row) => [row, [...row].toReversed().join('')]);
  const longest = Math.max(...lines.map((line) => commonLength(text, at, line)));
  return longest < LEAST_RUN ? 0 : longest;
}

function commonLength(text: string, at: number, line: string): number {
  const from = line.indexOf(text[at]!);
  if (from < 0) return 0;
  let length = 1;
  while (at + length < text.length && text[at + length] === line[from + length]) length++;
  return length;
}

function yearAt(text: string, at: number): number {
  return /^(19|20)\d\d/.test(text.slice(at)) ? 4 : 0;
}

function repetitionAt(text: string, at: number): number {
  return /^(.{1,4}?)\1+/su.exec(text.slice(at))?.[0].length ?? 0;
}
