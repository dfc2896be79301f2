import { DroverError } from '@drover/errors';

/** Bounds of a password of the hub's own. */
export const passwordLimits = Object.freeze({
  /** NIST SP 800-63B, 5.1.1.2. The setting `password-min-length` may ask for more. */
  minLength: 8,
  maxMinLength: 128,
  /** Hashing costs by length too. */
  maxLength: 1024,
});

/** Digits and signs alone are dates and telephone numbers, unless they are many. */
const digitsLength = 16;

/**
 * Passwords that lists of stolen ones begin with, of eight characters and more, in lower case and without what is added at
 * the end. It is no full list: a limit of tries stands behind it.
 */
const common = new Set(
  `password passwort motdepasse contraseña senha parola iloveyou sunshine princess football baseball superman batman starwars
  welcome letmein trustno master monkey dragon shadow michael jennifer jordan hunter charlie computer internet whatever
  changeme default administrator admin root guest test drover kubernetes qwerty qwertyui qwertyuiop qwertz asdfghjk asdfghjkl
  zxcvbnm 1q2w3e4r 1qaz2wsx q1w2e3r4 abc abcd abcdefgh abcdefg secret`.split(/\s+/),
);

/** What is wrong with a password for this user; undefined: nothing. */
export function passwordFault(password: string, username: string, minLength: number): string | undefined {
  const { maxLength } = passwordLimits;
  if (password.length < minLength || password.length > maxLength)
    return `a password has ${minLength} to ${maxLength} characters`;
  if (password.includes('\0')) return 'a password has no NUL in it';
  const bare = bareOf(password);
  if (bare === '' && password.length < digitsLength)
    return `a password with no letter has ${digitsLength} characters at least`;
  if (common.has(bare)) return 'that password is one of those that are tried first';
  if (bare === bareOf(username)) return 'a password is not the name of its user';
  if (isRun(password)) return 'a password is more than one character again and again, or a run of them';
  return undefined;
}

/** Throws `invalid` where {@link passwordFault} finds a fault. */
export function requireGoodPassword(password: string, username: string, minLength: number): string {
  const fault = passwordFault(password, username, minLength);
  if (fault !== undefined) throw new DroverError('invalid', fault);
  return password;
}

/** In lower case, without the digits and signs that are put at the ends to satisfy a rule. */
const bareOf = (text: string): string => text.toLowerCase().replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '');

/** `aaaaaaaa`, `abcdefgh`, `87654321`: every step from one character to the next is the same, and small. */
function isRun(text: string): boolean {
  const steps = new Set(Array.from(text, (_, at) => text.charCodeAt(at + 1) - text.charCodeAt(at)).slice(0, -1));
  const [step = 0] = steps;
  return steps.size === 1 && Math.abs(step) <= 1;
}
