import type { CommandContext } from '../command-context.ts';
import { deleteToken, type IssuedToken, makeToken, rotateToken } from '../hub-api.ts';
import { withHub } from '../with-hub.ts';

interface Common {
  readonly hub?: string;
  readonly ttl?: number;
  readonly output?: 'json';
}

export interface TokenCreateOptions extends Common {
  readonly description?: string;
  readonly cluster?: readonly string[];
  readonly user?: string;
}

export interface TokenRotateOptions extends Common {
  readonly grace?: number;
}

/** `drover token create`: the token alone is on standard output, so that it goes where it is needed and nowhere else. */
export async function tokenCreateCommand(context: CommandContext, options: TokenCreateOptions): Promise<void> {
  const { description, ttl, cluster: clusters, user } = options;
  await withHub(context, options.hub, async ({ client }) => {
    const made = await makeToken(
      client,
      {
        ...(description !== undefined && { description }),
        ...(ttl !== undefined && { ttlSeconds: ttl }),
        ...(clusters !== undefined && { clusters }),
        ...(user !== undefined && { user }),
      },
      context.signal,
    );
    show(context, made, options);
  });
}

/** `drover token rotate NAME` */
export async function tokenRotateCommand(
  context: CommandContext,
  name: string,
  options: TokenRotateOptions,
): Promise<void> {
  const { grace, ttl } = options;
  await withHub(context, options.hub, async ({ client }) => {
    const wish = {
      ...(grace !== undefined && { graceSeconds: grace }),
      ...(ttl !== undefined && { ttlSeconds: ttl }),
    };
    show(context, await rotateToken(client, name, wish, context.signal), options);
  });
}

/** `drover token revoke NAME` */
export async function tokenRevokeCommand(context: CommandContext, name: string, options: Common): Promise<void> {
  await withHub(context, options.hub, async ({ client, url }) => {
    await deleteToken(client, name, context.signal);
    context.terminal.print(
      options.output === 'json' ? JSON.stringify({ hub: url, revoked: name }, null, 2) : `token ${name} is revoked`,
    );
  });
}

function show({ terminal }: CommandContext, issued: IssuedToken, { output }: Common): void {
  terminal.protectOutput();
  if (output === 'json') return terminal.print(JSON.stringify(issued, null, 2));
  const { token, name, user, expiresAt, previousUntil } = issued;
  terminal.note(`token ${name} of ${user}, good until ${expiresAt}; it is shown once:`);
  terminal.print(token);
  if (previousUntil !== undefined) terminal.note(`the old secret is good until ${previousUntil}`);
}
