import { type CommandContext, storeOf } from '../command-context.ts';
import { hubUrl } from '../domain/hub-url.ts';
import { usageError } from '../failure.ts';
import { login } from '../hub-api.ts';
import { HubClient } from '../hub-client.ts';
import { readPasswordFile } from '../input-file.ts';
import { settleTrust } from '../trust.ts';

export interface LoginOptions {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly caFingerprint?: string;
  readonly dataDir?: string;
  readonly ttl?: number;
  readonly output?: 'json';
}

/** `drover login HUB`: trust first, then who one is. */
export async function loginCommand(context: CommandContext, address: string, options: LoginOptions): Promise<void> {
  const { environment, terminal, signal } = context;
  const url = hubUrl(address);
  const store = storeOf(context);
  const known = (await store.read()).hubs[url];
  const { trust, info } = await settleTrust({
    url,
    caFile: options.caFile,
    caFingerprint: options.caFingerprint,
    dataFolder: options.dataDir ?? environment.dataFolder,
    known,
    proxy: environment.proxy,
    terminal,
    signal,
  });
  const credential = await credentialOf(context, url, options);
  await using hub = new HubClient({ url, trust, proxy: environment.proxy });
  const session = await login(hub, { ...credential, ...(options.ttl && { ttlSeconds: options.ttl }) }, signal);
  await store.update(config => ({
    ...config,
    currentHub: url,
    hubs: {
      ...config.hubs,
      [url]: { id: info.id, ...(trust.kind === 'ca' && { ca: trust.ca }), session },
    },
  }));
  const { user, expiresAt } = session;
  terminal.print(
    options.output === 'json'
      ? JSON.stringify({ hub: url, user, expiresAt }, null, 2)
      : `signed in to ${url} as ${user} until ${expiresAt}`,
  );
}

/** User and password, from the options or from a person. */
async function credentialOf(
  { terminal, signal }: CommandContext,
  url: string,
  { user, passwordFile }: LoginOptions,
): Promise<{ username: string; password: string }> {
  if (!terminal.interactive && (user === undefined || passwordFile === undefined)) {
    throw usageError('there is no terminal to ask on; give --user and --password-file (- for standard input)');
  }
  const username = user ?? (await terminal.ask(`User at ${url}: `, { signal })).trim();
  if (username === '') throw usageError('a user’s name is needed');
  const password =
    passwordFile === undefined
      ? await terminal.ask(`Password of ${username}: `, { hidden: true, signal })
      : await readPasswordFile(passwordFile, terminal);
  return { username, password };
}
