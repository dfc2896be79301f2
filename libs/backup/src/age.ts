import { DroverError } from '@drover/errors';
import { Decrypter, Encrypter } from 'age-encryption';

/** Who will be able to open a backup: who knows the passphrase, or each of the recipients (`age1…`). */
export type SealingKeys =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] };

/** What a backup is opened with: the passphrase, or identities (`AGE-SECRET-KEY-1…`), of which one must fit. */
export type OpeningKeys =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'identities'; readonly identities: readonly string[] };

/**
 * Encrypts by the age format (age-encryption.org/v1), which `age -d` opens too.
 *
 * @throws DroverError `config-invalid` where a recipient is none
 */
export async function sealed(
  plain: ReadableStream<Uint8Array>,
  keys: SealingKeys,
): Promise<ReadableStream<Uint8Array>> {
  const encrypter = new Encrypter();
  if (keys.kind === 'passphrase') encrypter.setPassphrase(requirePassphrase(keys.passphrase));
  else {
    if (keys.recipients.length === 0)
      throw new DroverError('config-invalid', 'a backup needs a passphrase or a recipient');
    for (const recipient of keys.recipients) addRecipient(encrypter, recipient);
  }
  return await encrypter.encrypt(plain);
}

/**
 * Decrypts what {@link sealed} made. The stream fails where the file was cut or changed, at the latest at its end.
 *
 * @throws DroverError `backup-invalid` where no key fits, `config-invalid` where an identity is none
 */
export async function opened(file: ReadableStream<Uint8Array>, keys: OpeningKeys): Promise<ReadableStream<Uint8Array>> {
  const decrypter = new Decrypter();
  if (keys.kind === 'passphrase') decrypter.addPassphrase(requirePassphrase(keys.passphrase));
  else {
    if (keys.identities.length === 0)
      throw new DroverError('config-invalid', 'a backup needs a passphrase or an identity');
    for (const identity of keys.identities) addIdentity(decrypter, identity);
  }
  try {
    return await decrypter.decrypt(file);
  } catch (cause) {
    const what = keys.kind === 'passphrase' ? 'the passphrase' : 'the identity';
    throw new DroverError('backup-invalid', `${what} does not open the backup, or its header was changed`, { cause });
  }
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  try {
    encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new DroverError('config-invalid', `${JSON.stringify(recipient)} is no age recipient (age1…)`, { cause });
  }
}

function addIdentity(decrypter: Decrypter, identity: string): void {
  try {
    decrypter.addIdentity(identity);
  } catch (cause) {
    // an identity is a secret, and is not repeated
    throw new DroverError('config-invalid', 'the identity file holds a line that is no age identity', { cause });
  }
}

/** scrypt slows guessing down and makes a short passphrase no long one. */
const minPassphraseLength = 12;

function requirePassphrase(passphrase: string): string {
  if (passphrase.length >= minPassphraseLength) return passphrase;
  throw new DroverError('config-invalid', `a passphrase has at least ${minPassphraseLength} characters`);
}
