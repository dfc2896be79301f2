import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { DroverError } from '@drover/errors';

/** OWASP's argon2id parameters: 19 MiB, two passes, one lane. */
const parameters = Object.freeze({ memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 });
const saltBytes = 16;
/** Hashes computed at once: each takes 19 MiB and a thread. */
const maxConcurrent = 2;
/** Waiting beyond this is refused: who tries passwords at speed must not fill memory (T13). */
const maxWaiting = 256;
/** A password is not longer than this; argon2 itself would take 4 GiB. */
const maxPasswordBytes = 1024;

/** Bounds what a stored string may ask for: 1 GB, 99 passes, 9 lanes. argon2 refuses salts under 8 bytes. */
const phc =
  /^\$argon2id\$v=19\$m=([1-9]\d{2,5}),t=([1-9]\d?),p=([1-9])\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{11,128})$/;

let running = 0;
const waiting: (() => void)[] = [];

async function limited<T>(run: () => Promise<T>): Promise<T> {
  if (running < maxConcurrent) running++;
  else {
    if (waiting.length >= maxWaiting) throw new DroverError('too-many-requests');
    // who ends hands its place over, so that nobody who arrives meanwhile takes it
    await new Promise<void>(resolve => waiting.push(resolve));
  }
  try {
    return await run();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

function derive(
  password: string,
  salt: Buffer,
  options: { memory: number; passes: number; parallelism: number; tagLength: number },
): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFC'), 'utf8');
  return limited(
    () =>
      new Promise((resolve, reject) => {
        argon2('argon2id', { message, nonce: salt, ...options }, (error, tag) =>
          error ? reject(error) : resolve(tag),
        );
      }),
  );
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

const phcOf = (salt: Buffer, tag: Buffer): string => {
  const { memory, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
};

/** A hash that no password has, to spend time on. */
const dummy = phcOf(randomBytes(saltBytes), randomBytes(parameters.tagLength));

/**
 * The password's hash as a PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
 *
 * @throws DroverError `invalid` where it is empty or over 1 KiB; `too-many-requests` where too many wait
 */
export async function hashPassword(password: string): Promise<string> {
  if (password === '' || Buffer.byteLength(password) > maxPasswordBytes) {
    throw new DroverError('invalid', `a password must have from 1 to ${maxPasswordBytes} bytes`);
  }
  const salt = randomBytes(saltBytes);
  return phcOf(salt, await derive(password, salt, parameters));
}

/**
 * Whether the password is the one of the PHC string; compared in constant time. A string that is no argon2id hash: false.
 *
 * @throws DroverError `too-many-requests` where too many wait
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = phc.exec(stored);
  if (match === null || Buffer.byteLength(password) > maxPasswordBytes) return false;
  const [, memory, passes, parallelism, salt = '', tag = ''] = match;
  const expected = Buffer.from(tag, 'base64');
  const derived = await derive(password, Buffer.from(salt, 'base64'), {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  });
  return timingSafeEqual(derived, expected);
}

/** Costs what {@link verifyPassword} costs, for a user that does not exist (T13); always false. */
export async function verifyDummyPassword(password: string): Promise<false> {
  await verifyPassword(password, dummy);
  return false;
}
