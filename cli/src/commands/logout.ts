import { DroverError } from '@drover/errors';
import { AccessCache } from '../access-cache.ts';
import { type CommandContext, storeOf } from '../command-context.ts';
import { hubUrl } from '../domain/hub-url.ts';
import type { KnownHub } from '../domain/stored-config.ts';
import { endSession } from '../hub-api.ts';
import { chosenHub } from '../session.ts';
import { withHub } from '../with-hub.ts';

/** `drover logout`: ends the session at the hub, where that can be reached, and here in any case. */
export async function logoutCommand(
  context: CommandContext,
  address: string | undefined,
  { forget = false, output }: { readonly forget?: boolean; readonly output?: 'json' },
): Promise<void> {
  const { terminal, signal } = context;
  const store = storeOf(context);
  let atHub = true;
  const url = chosenHub(await store.read(), address === undefined ? undefined : hubUrl(address));
  try {
    await withHub(context, url, ({ client, hub }) => endSession(client, hub.session.id, signal));
  } catch (error) {
    const { code, message } = DroverError.from(error);
    const ended = ['unauthenticated', 'session-ended', 'not-found'].includes(code);
    atHub = ended;
    if (!ended) terminal.note(`drover: the session was forgotten here, but the hub does not know it: ${message}`);
  }
  await new AccessCache(context.environment.configFolder, url).forget();
  await store.update(config => {
    const hubs = { ...config.hubs };
    const hub = hubs[url];
    if (forget) delete hubs[url];
    else if (hub !== undefined) hubs[url] = withoutSession(hub);
    const { currentHub, ...rest } = config;
    const stays = currentHub !== undefined && !(forget && currentHub === url);
    return { ...rest, hubs, ...(stays && { currentHub }) };
  });
  terminal.print(output === 'json' ? JSON.stringify({ hub: url, endedAtHub: atHub }, null, 2) : `signed out of ${url}`);
}

function withoutSession({ session: _, ...hub }: KnownHub): KnownHub {
  return hub;
}
