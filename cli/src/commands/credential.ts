import { type CommandContext, storeOf } from '../command-context.ts';
import { execCredential } from '../domain/exec-credential.ts';
import { hubUrl } from '../domain/hub-url.ts';
import { chosenHub, liveSession } from '../session.ts';

/**
 * `drover credential`: the client-go exec plugin. It runs before every kubectl command, so it makes no request and loads
 * little. `--cluster` is not looked at yet: a session is good for every cluster.
 */
export async function credentialCommand(context: CommandContext, { hub }: { readonly hub?: string }): Promise<void> {
  const config = await storeOf(context).read();
  const url = chosenHub(config, hub === undefined ? undefined : hubUrl(hub));
  const { session } = liveSession(config, url, context.now());
  context.terminal.print(JSON.stringify(execCredential(session.token, session.expiresAt)));
}
