import { type CommandContext, storeOf } from '../command-context.ts';
import { hubUrl } from '../domain/hub-url.ts';
import { usageError } from '../failure.ts';
import { login } from '../hub-api.ts';
import { HubClient } from '../hub-client.ts';
import { readPasswordFile } from '../input-file.ts';
import { keepSession, signIn } from '../sign-in.ts';
import { settleTrust } from '../trust.ts';

export interface LoginOptions {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly newPasswordFile?: string;
  readonly provider?: string;
  readonly device?: boolean;
  readonly caFile?: string;
  readonly caFingerprint?: string;
  readonly dataDir?: string;
  readonly ttl?: number;
  readonly output?: 'json';
}

/** `drover login HUB`: trust first, then who one is: by a password where a user is named, else by the browser. */
export async function loginCommand(context: CommandContext, address: string, options: LoginOptions): Promise<void> {
  const { environment, terminal, signal } = context;
  const url = hubUrl(address);
  const { user, passwordFile, newPasswordFile, provider, device, ttl } = options;
  const byPassword = user !== undefined || passwordFile !== undefined || newPasswordFile !== undefined;
  if (byPassword && device) throw usageError('give either --device, or --user and --password-file');
  if (ttl !== undefined && !byPassword) throw usageError('--ttl is for --user');
  if (!byPassword && !device && !terminal.interactive && environment.browser === undefined) {
    throw usageError(
      'there is no terminal to ask on; give --user and --password-file (- for standard input), or --device',
    );
  }
  const known = (await storeOf(context).read()).hubs[url];
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
  await using hub = new HubClient({ url, trust, proxy: environment.proxy });
  const granted = byPassword
    ? await login(
        hub,
        {
          ...(await credentialOf(context, url, options)),
          ...(newPasswordFile !== undefined && { newPassword: await readPasswordFile(newPasswordFile, terminal) }),
          ...(provider !== undefined && { provider }),
          ...(ttl !== undefined && { ttlSeconds: ttl }),
        },
        signal,
      )
    : await signIn(context, hub, { provider, device });
  await keepSession(context, url, { id: info.id, ...(trust.kind === 'ca' && { ca: trust.ca }) }, granted, {
    current: true,
  });
  const { user: signedIn, endsAt } = granted.session;
  terminal.print(
    options.output === 'json'
      ? JSON.stringify({ hub: url, user: signedIn, expiresAt: endsAt }, null, 2)
      : `signed in to ${url} as ${signedIn} until ${endsAt}`,
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
