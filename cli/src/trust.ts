import { DroverError } from '@drover/errors';
import { dataFolderCa } from './data-folder.ts';
import { certificatesOf, fingerprintOf } from './domain/fingerprint.ts';
import type { KnownHub } from './domain/stored-config.ts';
import type { ProxySettings } from './environment.ts';
import { type HubInfo, hubInfo } from './hub-api.ts';
import { HubClient, type ServerTrust } from './hub-client.ts';
import { readInputFile } from './input-file.ts';
import type { Terminal } from './terminal.ts';
import { isUnknownIssuer } from './transport-failure.ts';

/** What there is to judge a hub by. */
export interface TrustOptions {
  readonly url: string;
  /** `--ca-file`: the hub's CA. */
  readonly caFile?: string | undefined;
  /** `--ca-fingerprint`, as of `parseFingerprint`. */
  readonly caFingerprint?: string | undefined;
  /** The data folder of a hub on this machine, where there is one. */
  readonly dataFolder: string;
  /** What an earlier login kept. */
  readonly known?: KnownHub | undefined;
  readonly proxy: ProxySettings;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** A hub whose certificate was verified. */
export interface TrustedHub {
  readonly trust: ServerTrust;
  readonly info: HubInfo;
}

/**
 * Settles how the hub is trusted, before anything secret is sent to it (T9): by what the options name; by the data folder
 * of a hub on this machine; as at the last login; by the system's CAs; else a person compares the fingerprint. Whatever
 * was chosen, the hub's certificate is then verified by it.
 *
 * @throws DroverError `hub-untrusted`, `unreachable`
 */
export async function settleTrust(options: TrustOptions): Promise<TrustedHub> {
  const { url, caFile, caFingerprint, dataFolder, known, terminal } = options;
  if (caFile !== undefined) {
    const certificates = certificatesOf(await readInputFile(caFile, '--ca-file', terminal));
    if (certificates.length === 0) throw new DroverError('config-invalid', `--ca-file ${caFile} holds no certificate`);
    return verified(options, { kind: 'ca', ca: certificates.join('') });
  }
  if (caFingerprint !== undefined) {
    const ca = await offeredCa(options);
    const offered = fingerprintOf(ca);
    if (offered === caFingerprint) return verified(options, { kind: 'ca', ca });
    throw new DroverError('hub-untrusted', `the CA of ${url} has the fingerprint ${offered}, not ${caFingerprint}`);
  }
  const local = await dataFolderCa(dataFolder, url);
  if (local !== undefined) return verified(options, { kind: 'ca', ca: local });
  if (known !== undefined) return asBefore(options, known);
  try {
    return await verified(options, { kind: 'system' });
  } catch (error) {
    if (!isUnknownIssuer(error)) throw error;
  }
  return verified(options, { kind: 'ca', ca: await approvedCa(options) });
}

/** The hub's own word, over a connection that is verified by `trust`. */
async function verified({ url, proxy, signal }: TrustOptions, trust: ServerTrust): Promise<TrustedHub> {
  await using hub = new HubClient({ url, trust, proxy });
  return { trust, info: await hubInfo(hub, signal) };
}

async function asBefore(options: TrustOptions, { ca }: KnownHub): Promise<TrustedHub> {
  try {
    return await verified(options, ca === undefined ? { kind: 'system' } : { kind: 'ca', ca });
  } catch (cause) {
    if (!isUnknownIssuer(cause)) throw cause;
    throw new DroverError(
      'hub-untrusted',
      `the certificate of ${options.url} is not of the CA that was trusted at the last login; either somebody is in ` +
        `between, or the hub was made anew: then run \`drover logout ${options.url} --forget\` and log in again`,
      { cause },
    );
  }
}

/** What the hub says is its CA. Nobody vouches for it yet; who uses it must compare its fingerprint. */
async function offeredCa({ url, proxy, signal }: TrustOptions): Promise<string> {
  await using hub = new HubClient({ url, trust: { kind: 'unverified' }, proxy });
  // only the first: the others would be trusted without anybody having compared them
  const [ca] = certificatesOf((await hubInfo(hub, signal)).ca);
  if (ca === undefined) throw new DroverError('hub-untrusted', `${url} names no CA; give one with --ca-file`);
  return ca;
}

/** The hub's CA, after a person has said that its fingerprint is right. */
async function approvedCa(options: TrustOptions): Promise<string> {
  const { url, terminal, signal } = options;
  if (!terminal.interactive) {
    throw new DroverError(
      'hub-untrusted',
      `${url} is not trusted yet, and there is no terminal to ask on; give --ca-file FILE (pki/ca.crt in the hub’s data ` +
        'folder), or --ca-fingerprint sha256:… as the hub’s administrator tells it',
    );
  }
  const ca = await offeredCa(options);
  terminal.note(`The certificate of ${url} is signed by a CA that this machine does not know yet:`);
  terminal.note(`  ${fingerprintOf(ca)}`);
  terminal.note('Compare it with what the hub’s administrator tells (pki/ca.crt in the hub’s data folder).');
  const answer = await terminal.ask('Trust this hub? [yes/no] ', { signal });
  if (/^yes$/i.test(answer.trim())) return ca;
  throw new DroverError('hub-untrusted', `${url} was not trusted; nothing was sent to it`);
}
