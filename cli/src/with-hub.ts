import { accessTo, openHub } from './access.ts';
import { type CommandContext, storeOf } from './command-context.ts';
import { hubUrl } from './domain/hub-url.ts';
import type { KnownHub, Session } from './domain/stored-config.ts';
import type { HubClient } from './hub-client.ts';
import { chosenHub } from './session.ts';

/** A hub that one is signed in to. */
export interface SignedIn {
  readonly url: string;
  readonly hub: KnownHub & { readonly session: Session };
  readonly client: HubClient;
}

/** Runs `work` with the chosen hub, signed in. @throws DroverError `unauthenticated`, `session-ended` */
export async function withHub(
  context: CommandContext,
  asked: string | undefined,
  work: (signedIn: SignedIn) => Promise<void>,
): Promise<void> {
  const url = chosenHub(await storeOf(context).read(), asked === undefined ? undefined : hubUrl(asked));
  const { hub, access } = await accessTo(context, { url });
  await using client = await openHub(context, url, hub.ca, access.token);
  await work({ url, hub, client });
}
