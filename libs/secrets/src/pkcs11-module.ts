import { promisify } from 'node:util';
import koffi from 'koffi';

// The part of PKCS#11 2.40 (docs.oasis-open.org/pkcs11) that wrapping a key needs, called in the module's own C interface.
// Modules export every function under its name beside C_GetFunctionList; so do SoftHSM and those of the large makers.

const CKR_OK = 0x0;
const CKR_USER_ALREADY_LOGGED_IN = 0x100;
const CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191;
const CKF_OS_LOCKING_OK = 0x2;
const CKF_SERIAL_SESSION = 0x4;
const CKU_USER = 1;
const CKA_CLASS = 0x0;
const CKA_LABEL = 0x3;
const CKO_SECRET_KEY = 0x4;
const CKM_AES_GCM = 0x1087;
const TAG_BITS = 128;
const LABEL_BYTES = 32;
/** CK_TOKEN_INFO is 208 bytes where CK_ULONG has 8. */
const TOKEN_INFO_BYTES = 256;
const ULONG_BYTES = 8;
const MOST_SLOTS = 64;

/** A function of the module has refused; `code` is its CKR_ value. */
export class Pkcs11Error extends Error {
  override name = 'Pkcs11Error';
  readonly where: string;
  readonly code: number;

  constructor(where: string, code: number) {
    super(`${where} answered 0x${code.toString(16)}`);
    this.where = where;
    this.code = code;
  }
}

type Call = (...args: unknown[]) => Promise<number>;
const FUNCTIONS = {
  C_Initialize: ['void *'],
  C_GetSlotList: ['uint8', 'void *', 'void *'],
  C_GetTokenInfo: ['ulong', 'void *'],
  C_OpenSession: ['ulong', 'ulong', 'void *', 'void *', 'void *'],
  C_Login: ['ulong', 'ulong', 'void *', 'ulong'],
  C_FindObjectsInit: ['ulong', 'void *', 'ulong'],
  C_FindObjects: ['ulong', 'void *', 'ulong', 'void *'],
  C_FindObjectsFinal: ['ulong'],
  C_EncryptInit: ['ulong', 'void *', 'ulong'],
  C_Encrypt: ['ulong', 'void *', 'ulong', 'void *', 'void *'],
  C_DecryptInit: ['ulong', 'void *', 'ulong'],
  C_Decrypt: ['ulong', 'void *', 'ulong', 'void *', 'void *'],
  C_CloseSession: ['ulong'],
} as const satisfies Record<string, readonly string[]>;
type FunctionName = keyof typeof FUNCTIONS;

/** Calls run on a thread of their own: a token that hangs does not hang the worker. */
export class Pkcs11Module {
  readonly #calls = {} as Record<FunctionName, Call>;

  /** @throws when the file is no PKCS#11 module */
  constructor(path: string) {
    const library = koffi.load(path);
    for (const [name, types] of Object.entries(FUNCTIONS)) {
      const native = library.func(name, 'ulong', [...types]);
      this.#calls[name as FunctionName] = promisify(native.async.bind(native)) as Call;
    }
  }

  async initialize(): Promise<void> {
    // CK_C_INITIALIZE_ARGS: four callbacks (none), flags, reserved.
    const given = structOf(0n, 0n, 0n, 0n, BigInt(CKF_OS_LOCKING_OK), 0n);
    await this.#call('C_Initialize', [given], CKR_CRYPTOKI_ALREADY_INITIALIZED);
  }

  /** Opens a session on the token of this label, logs in, and closes it after `act`. undefined: there is no such token. */
  async onSession<T>(
    token: string,
    pin: string,
    act: (session: Pkcs11Session) => Promise<T>,
  ): Promise<T | undefined> {
    const slot = await this.#findSlot(token);
    if (slot === undefined) return undefined;
    const handle = Buffer.alloc(ULONG_BYTES);
    await this.#call('C_OpenSession', [slot, CKF_SERIAL_SESSION, null, null, handle]);
    const session = ulongAt(handle, 0);
    try {
      const secret = Buffer.from(pin);
      await this.#call('C_Login', [session, CKU_USER, secret, secret.length], CKR_USER_ALREADY_LOGGED_IN);
      return await act(new Pkcs11Session(session, (name, args) => this.#call(name, args)));
    } finally {
      await this.#call('C_CloseSession', [session]);
    }
  }

  async #findSlot(token: string): Promise<number | undefined> {
    const slots = Buffer.alloc(MOST_SLOTS * ULONG_BYTES);
    const count = structOf(BigInt(MOST_SLOTS));
    await this.#call('C_GetSlotList', [1, slots, count]);
    for (let index = 0; index < ulongAt(count, 0); index++) {
      const slot = ulongAt(slots, index);
      const info = Buffer.alloc(TOKEN_INFO_BYTES);
      await this.#call('C_GetTokenInfo', [slot, info]);
      if (info.toString('utf8', 0, LABEL_BYTES).trimEnd() === token) return slot;
    }
    return undefined;
  }

  async #call(name: FunctionName, args: unknown[], ...fine: number[]): Promise<void> {
    const code = await this.#calls[name](...args);
    if (code !== CKR_OK && !fine.includes(code)) throw new Pkcs11Error(name, code);
  }
}

/** A logged-in session; its calls follow one another. */
export class Pkcs11Session {
  readonly #session: number;
  readonly #call: (name: FunctionName, args: unknown[]) => Promise<void>;

  constructor(session: number, call: (name: FunctionName, args: unknown[]) => Promise<void>) {
    this.#session = session;
    this.#call = call;
  }

  /** The handle of the secret key with this label. */
  async findKey(label: string): Promise<number | undefined> {
    const kind = structOf(BigInt(CKO_SECRET_KEY));
    const name = Buffer.from(label);
    const wanted = structOf(
      ...[BigInt(CKA_CLASS), koffi.address(kind), BigInt(kind.length)],
      ...[BigInt(CKA_LABEL), koffi.address(name), BigInt(name.length)],
    );
    await this.#call('C_FindObjectsInit', [this.#session, wanted, 2]);
    const [found, count] = [Buffer.alloc(ULONG_BYTES), Buffer.alloc(ULONG_BYTES)];
    await this.#call('C_FindObjects', [this.#session, found, 1, count]);
    await this.#call('C_FindObjectsFinal', [this.#session]);
    keep(kind, name);
    return ulongAt(count, 0) === 1 ? ulongAt(found, 0) : undefined;
  }

  /** AES-GCM: ciphertext | tag. */
  encrypt(key: number, nonce: Buffer, boundTo: Buffer, plain: Buffer): Promise<Buffer> {
    return this.#crypt(['C_EncryptInit', 'C_Encrypt'], key, nonce, boundTo, plain);
  }

  decrypt(key: number, nonce: Buffer, boundTo: Buffer, sealed: Buffer): Promise<Buffer> {
    return this.#crypt(['C_DecryptInit', 'C_Decrypt'], key, nonce, boundTo, sealed);
  }

  async #crypt(
    [begin, act]: readonly [FunctionName, FunctionName],
    key: number,
    nonce: Buffer,
    boundTo: Buffer,
    input: Buffer,
  ): Promise<Buffer> {
    const parameters = structOf(
      ...[koffi.address(nonce), BigInt(nonce.length), BigInt(nonce.length * 8)],
      ...[koffi.address(boundTo), BigInt(boundTo.length), BigInt(TAG_BITS)],
    );
    const mechanism = structOf(BigInt(CKM_AES_GCM), koffi.address(parameters), BigInt(parameters.length));
    await this.#call(begin, [this.#session, mechanism, key]);
    const output = Buffer.alloc(input.length + TAG_BITS);
    const length = structOf(BigInt(output.length));
    await this.#call(act, [this.#session, input, input.length, output, length]);
    keep(nonce, boundTo, parameters);
    return output.subarray(0, ulongAt(length, 0));
  }
}

/** Fields of eight bytes one after the other, which is how these structures lie in memory on 64 bits. */
function structOf(...fields: bigint[]): Buffer {
  const struct = Buffer.alloc(fields.length * ULONG_BYTES);
  for (const [index, field] of fields.entries()) struct.writeBigUInt64LE(field, index * ULONG_BYTES);
  return struct;
}

function ulongAt(memory: Buffer, index: number): number {
  return Number(memory.readBigUInt64LE(index * ULONG_BYTES));
}

/** The module has their addresses, of which the collector knows nothing: they live until here. */
function keep(...memory: Buffer[]): void {
  for (const each of memory) each.readUInt8(0);
}
