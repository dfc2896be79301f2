import type { CommandContext } from '../command-context.ts';
import { usageError } from '../failure.ts';
import { createUser } from '../hub-api.ts';
import { readPasswordFile } from '../input-file.ts';
import { withHub } from '../with-hub.ts';

export interface UserCreateOptions {
  readonly hub?: string;
  readonly passwordFile?: string;
  readonly group?: readonly string[];
  readonly mustChange?: true;
  readonly output?: 'json';
}

/** `drover user create NAME` */
export async function userCreateCommand(
  context: CommandContext,
  username: string,
  options: UserCreateOptions,
): Promise<void> {
  const { terminal, signal } = context;
  const { passwordFile, group: groups = [] } = options;
  if (passwordFile === undefined && !terminal.interactive) {
    throw usageError('there is no terminal to ask on; give --password-file (- for standard input)');
  }
  await withHub(context, options.hub, async ({ client, url }) => {
    const password =
      passwordFile === undefined
        ? await newPassword(context, username)
        : await readPasswordFile(passwordFile, terminal);
    const user = await createUser(
      client,
      { username, password, groups, ...(options.mustChange && { mustChange: true }) },
      signal,
    );
    terminal.print(options.output === 'json' ? JSON.stringify(user, null, 2) : `user ${username} created at ${url}`);
  });
}

async function newPassword({ terminal, signal }: CommandContext, username: string): Promise<string> {
  const password = await terminal.ask(`Password for ${username}: `, { hidden: true, signal });
  const again = await terminal.ask('Once more: ', { hidden: true, signal });
  if (password !== again) throw usageError('the two passwords differ');
  return password;
}
