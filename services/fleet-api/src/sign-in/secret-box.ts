import { DroverError } from '@drover/errors';
import { CompactEncrypt, compactDecrypt } from 'jose';

/** Secrets that lie in Redis: closed there, so that who reads it cannot use them. */
export interface SecretBox {
  close(secret: string): Promise<string>;
  /** Throws `internal` for what was closed with another key. */
  open(closed: string): Promise<string>;
}

/** A256GCM with a key of 32 bytes (RFC 7516, `dir`). */
export function secretBox(key: Uint8Array): SecretBox {
  return {
    close: secret =>
      new CompactEncrypt(new TextEncoder().encode(secret))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(key),
    open: async closed => {
      try {
        const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
        const { plaintext } = await compactDecrypt(closed, key, options);
        return new TextDecoder().decode(plaintext);
      } catch (cause) {
        throw new DroverError('internal', 'a kept secret cannot be opened', { cause });
      }
    },
  };
}
