import { ConfigStore } from './config-store.ts';
import { hubUrl } from './domain/hub-url.ts';
import type { KnownHub, Session } from './domain/stored-config.ts';
import type { Environment } from './environment.ts';
import type { HubClient } from './hub-client.ts';
import { chosenHub, liveSession } from './session.ts';
import type { Terminal } from './terminal.ts';

/** What every command works with. */
export interface CommandContext {
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** The launcher's absolute path, for kubeconfigs. */
  readonly launcher: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  now(): number;
}

export const storeOf = ({ environment }: CommandContext): ConfigStore => new ConfigStore(environment.configFolder);

/** A hub that one is signed in to. */
export interface SignedIn {
  readonly url: string;
  readonly hub: KnownHub & { readonly session: Session };
  readonly client: HubClient;
}

/** Runs `work` with the chosen hub, signed in. @throws DroverError `unauthenticated`, `token-expired` */
export async function withHub(
  context: CommandContext,
  asked: string | undefined,
  work: (signedIn: SignedIn) => Promise<void>,
): Promise<void> {
  const config = await storeOf(context).read();
  const url = chosenHub(config, asked === undefined ? undefined : hubUrl(asked));
  const hub = liveSession(config, url, context.now());
  // loaded here, since the exec plugin does without
  const { HubClient } = await import('./hub-client.ts');
  await using client = new HubClient({
    url,
    trust: hub.ca === undefined ? { kind: 'system' } : { kind: 'ca', ca: hub.ca },
    proxy: context.environment.proxy,
    token: hub.session.token,
  });
  await work({ url, hub, client });
}
