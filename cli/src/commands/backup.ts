import type { BackUpOptions, CredentialReport, Restored } from '@drover/local-stack';
import type { CommandContext } from '../command-context.ts';
import { textTable } from '../domain/text-table.ts';
import { usageError } from '../failure.ts';
import { readInputFile, readPasswordFile } from '../input-file.ts';

interface StoreOptions {
  readonly dataDir?: string;
  readonly passphraseFile?: string;
  readonly output?: string;
}

export interface BackupCommandOptions extends StoreOptions {
  readonly recipient?: readonly string[];
  readonly natsUrl?: string;
  readonly natsCreds?: string;
}

export interface RestoreCommandOptions extends StoreOptions {
  readonly identity?: readonly string[];
  readonly keepTokens?: boolean;
  readonly natsUrl?: string;
  readonly natsCredsDir?: string;
}

/** `drover backup FILE` */
export async function backupCommand(
  context: CommandContext,
  asked: string | undefined,
  options: BackupCommandOptions,
): Promise<void> {
  const { terminal, signal } = context;
  // `-o FILE` names the file, as with other programs; `-o json` is the form of what is printed, as with other commands
  const target = asked ?? (options.output === 'json' ? undefined : options.output);
  if (target === undefined) throw usageError('say where the backup goes: drover backup FILE');
  if (asked !== undefined && options.output !== undefined && options.output !== 'json') {
    throw usageError(`-o ${options.output}: with a file, the only form is json`);
  }
  const keys = await sealingKeys(context, options);
  const { backUpHub } = await import('@drover/local-stack');
  const { file, bytes, manifest } = await backUpHub({
    dataDir: options.dataDir ?? context.environment.dataFolder,
    target,
    keys,
    nowMs: context.now(),
    say: line => terminal.note(line),
    signal,
    ...(options.natsUrl === undefined
      ? {}
      : {
          nats: { url: options.natsUrl, ...(options.natsCreds === undefined ? {} : { credsFile: options.natsCreds }) },
        }),
  });
  if (options.output === 'json') return terminal.print(JSON.stringify({ file, bytes, manifest }, null, 2));
  terminal.print(
    `${file}: hub ${manifest.hub} at revision ${manifest.revision}, ${counted(manifest.objects.count, 'object')}, ${counted(manifest.files.length, 'file')}, ${bytes} bytes`,
  );
}

/** `drover restore FILE --data-dir NEW` */
export async function restoreCommand(
  context: CommandContext,
  file: string,
  options: RestoreCommandOptions,
): Promise<void> {
  const { terminal, signal } = context;
  const keys = await openingKeys(context, options);
  const { restoreHub } = await import('@drover/local-stack');
  const restored = await restoreHub({
    file,
    keys,
    dataDir: options.dataDir ?? context.environment.dataFolder,
    keepTokens: options.keepTokens === true,
    nowMs: context.now(),
    say: line => terminal.note(line),
    signal,
    ...(options.natsUrl === undefined
      ? {}
      : {
          nats: {
            url: options.natsUrl,
            ...(options.natsCredsDir === undefined ? {} : { credsDir: options.natsCredsDir }),
          },
        }),
  });
  terminal.print(options.output === 'json' ? JSON.stringify(restored, null, 2) : restoredText(restored));
}

async function sealingKeys(
  context: CommandContext,
  { recipient: recipients = [], passphraseFile }: BackupCommandOptions,
): Promise<BackUpOptions['keys']> {
  if (recipients.length > 0) {
    if (passphraseFile !== undefined) throw usageError('give --recipient or --passphrase-file, not both');
    return { kind: 'recipients', recipients };
  }
  return {
    kind: 'passphrase',
    passphrase: await passphraseOf(context, passphraseFile, '--recipient', { twice: true }),
  };
}

async function openingKeys(context: CommandContext, { identity: files = [], passphraseFile }: RestoreCommandOptions) {
  if (files.length > 0) {
    if (passphraseFile !== undefined) throw usageError('give --identity or --passphrase-file, not both');
    const texts = await Promise.all(files.map(file => readInputFile(file, '--identity', context.terminal)));
    const identities = texts.flatMap(text => text.split(/\r?\n/)).map(line => line.trim());
    return { kind: 'identities', identities: identities.filter(line => line !== '' && !line.startsWith('#')) } as const;
  }
  return { kind: 'passphrase', passphrase: await passphraseOf(context, passphraseFile, '--identity') } as const;
}

/** From the file, the environment, or a person. */
async function passphraseOf(
  { terminal, environment, signal }: CommandContext,
  file: string | undefined,
  other: string,
  { twice = false } = {},
): Promise<string> {
  if (file !== undefined) return readPasswordFile(file, terminal, '--passphrase-file');
  if (environment.backupPassphrase !== undefined) return environment.backupPassphrase;
  if (!terminal.interactive) {
    throw usageError(`there is no terminal to ask on; give --passphrase-file (- for standard input) or ${other}`);
  }
  const passphrase = await terminal.ask('Passphrase of the backup: ', { hidden: true, signal });
  if (twice && passphrase !== (await terminal.ask('Once more: ', { hidden: true, signal }))) {
    throw usageError('the two passphrases differ');
  }
  return passphrase;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function restoredText({ dataDir, manifest, objects, revision, keptTokens, credentials }: Restored): string {
  return [
    `${dataDir}: hub ${manifest.hub} as it was at ${manifest.takenAt}, ${counted(objects, 'object')}, now at revision ${revision}`,
    '',
    'What was revoked after the backup is live in it. It holds:',
    ...credentialLines(credentials, keptTokens),
    '',
    `start it: DROVER_DATA_DIR=${dataDir} npm start`,
  ].join('\n');
}

function credentialLines({ tokens, joinTokens, users, agents }: CredentialReport, keptTokens: boolean): string[] {
  const active = users.filter(user => !user.disabled).map(user => user.name);
  const rows = [
    [
      'bearer tokens',
      String(tokens.length),
      keptTokens ? 'restored: delete those that were revoked' : 'not restored: everybody logs in again',
      named(tokens.map(token => `${token.user}/${token.name}`)),
    ],
    [
      'join tokens',
      String(joinTokens.length),
      'not restored: run drover cluster import',
      named(joinTokens.map(token => token.cluster)),
    ],
    ['active users', String(active.length), 'restored, with the passwords of then: check them', named(active)],
    [
      'agents’ keys',
      String(agents.reduce((sum, { keys }) => sum + keys, 0)),
      'restored: check the clusters',
      named(agents.map(agent => agent.cluster)),
    ],
  ];
  return textTable(rows).split('\n');
}

/** The rest is in `-o json`. */
const maxNamed = 8;

const named = (names: readonly string[]): string =>
  names.length <= maxNamed
    ? names.join(', ')
    : `${names.slice(0, maxNamed).join(', ')} and ${names.length - maxNamed} more`;
