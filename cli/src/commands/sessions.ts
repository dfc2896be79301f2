import type { CommandContext } from '../command-context.ts';
import { agoOf } from '../domain/duration.ts';
import { type Answer, optionalText } from '../domain/hub-answer.ts';
import { textTable } from '../domain/text-table.ts';
import { endSession, listSessions, revokeUser } from '../hub-api.ts';
import { withHub } from '../with-hub.ts';

export interface SessionOptions {
  readonly hub?: string;
  readonly user?: string;
  readonly output?: 'json';
}

/** `drover sessions`: where one is signed in. */
export async function sessionsCommand(context: CommandContext, options: SessionOptions): Promise<void> {
  const { terminal, signal, now } = context;
  await withHub(context, options.hub, async ({ client }) => {
    const sessions = await listSessions(client, options.user, signal);
    if (options.output === 'json') return terminal.print(JSON.stringify(sessions, null, 2));
    const cell = (session: Answer, field: string): string => optionalText(session, field) ?? '';
    terminal.print(
      textTable([
        ['ID', 'BY', 'WITH', 'FROM', 'LAST SEEN', 'ENDS', ''],
        ...sessions.map(session => [
          cell(session, 'id'),
          cell(session, 'provider'),
          cell(session, 'client'),
          cell(session, 'source'),
          agoOf(optionalText(session, 'lastSeen'), now()),
          cell(session, 'expiresAt'),
          session['current'] === true ? 'this one' : '',
        ]),
      ]),
    );
  });
}

/** `drover sessions end ID` */
export async function endSessionCommand(context: CommandContext, id: string, options: SessionOptions): Promise<void> {
  const { terminal, signal } = context;
  await withHub(context, options.hub, async ({ client, url }) => {
    await endSession(client, id, signal);
    terminal.print(
      options.output === 'json' ? JSON.stringify({ hub: url, ended: id }, null, 2) : `session ${id} at ${url} is ended`,
    );
  });
}

/** `drover revoke --user NAME`: whatever was stolen of a user is worth nothing from now on. */
export async function revokeCommand(
  context: CommandContext,
  options: SessionOptions & { readonly user: string },
): Promise<void> {
  const { terminal, signal } = context;
  await withHub(context, options.hub, async ({ client, url }) => {
    const answer = await revokeUser(client, options.user, signal);
    terminal.print(
      options.output === 'json'
        ? JSON.stringify(answer, null, 2)
        : `every session and token of ${options.user} at ${url} is revoked; signing in again makes new ones`,
    );
  });
}
