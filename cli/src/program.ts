import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { CommandContext } from './command-context.ts';
import { durationSeconds, graceSeconds } from './domain/duration.ts';
import { parseFingerprint } from './domain/fingerprint.ts';
import { exitCodeOf, exitCodes, failureText } from './failure.ts';

/** What a launcher gives a run of the command line. */
export type ProgramContext = CommandContext;

/**
 * Runs one command and returns its exit code: 0 done, 1 failed, 2 called wrongly, 130 interrupted.
 *
 * @example
 * process.exitCode = await runProgram(['status', '-o', 'json'], context);
 */
export async function runProgram(args: readonly string[], context: ProgramContext): Promise<number> {
  try {
    await programOf(context).parseAsync(args, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    // commander has already written what it had to say
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (context.signal.aborted) return exitCodes.interrupted;
    context.terminal.note(failureText(error, context.environment));
    return exitCodeOf(error);
  }
}

const hubOption = (): Option => new Option('--hub <url>', 'the hub; without it, the one of the last login');
const ttlOption = (what: string): Option =>
  new Option('--ttl <duration>', `how long ${what} is good: 90s, 30m, 8h, 7d`).argParser(asArgument(durationSeconds));
const durationOption = (flags: string, what: string): Option =>
  new Option(flags, what).argParser(asArgument(durationSeconds));
const outputOption = (...forms: string[]): Option =>
  new Option('-o, --output <form>', 'how it is written').choices(forms);
const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];

/** A wrong value of an option is told by commander, with the option's name. */
const asArgument =
  <T>(parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };

/** What one process of `drover simulate` carries with ease. */
const maxSimulated = { clusters: 2_000, nodes: 1_000, pods: 1_000 } as const;

/** Every command loads its code when it runs: kubectl calls `credential` each time, and waits for it. */
function programOf(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command('drover')
    .description('One kubectl endpoint, one identity and one event bus for every Kubernetes cluster')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.print(text),
      writeErr: text => terminal.note(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'drover: ')),
    });

  program
    .command('login <hub>')
    .description('sign in to a hub by the browser, and keep the session in your configuration folder')
    .option('--device', 'by a code that you type in the browser of another machine')
    .option('--provider <name>', 'by which of the hub’s providers; without it, you choose in the browser')
    .option('--user <name>', 'by a password instead of the browser: who you are')
    .option('--password-file <file>', 'where your password is (- for standard input); without it, you are asked')
    .option('--ca-file <file>', 'trust the hub by this CA certificate')
    .addOption(
      new Option('--ca-fingerprint <sha256>', 'trust the hub if its CA has this SHA-256 fingerprint').argParser(
        asArgument(parseFingerprint),
      ),
    )
    .option('--data-dir <folder>', 'the data folder of a hub on this machine (default: .drover, or DROVER_DATA_DIR)')
    .option('--new-password-file <file>', 'with --user: where another password is, to take the place of the first one')
    .addOption(ttlOption('with --user, the session'))
    .addOption(outputOption('json'))
    .action(async (hub, options) => (await import('./commands/login.ts')).loginCommand(context, hub, options));

  program
    .command('logout [hub]')
    .description('end the session, here and at the hub')
    .option('--forget', 'also forget by which CA the hub is trusted')
    .addOption(outputOption('json'))
    .action(async (hub, options) => (await import('./commands/logout.ts')).logoutCommand(context, hub, options));

  program
    .command('status')
    .description('the fleet at a glance')
    .addOption(hubOption())
    .addOption(outputOption('json'))
    .action(async options => (await import('./commands/status.ts')).statusCommand(context, options));

  addClusterCommands(program, context);

  program
    .command('kubeconfig [names...]')
    .description('write a kubeconfig with a context for each cluster (all, without names) and for the hub itself')
    .option('--all', 'every cluster')
    .option('--token', 'put a token inside, instead of a call of `drover credential`; good for the named clusters only')
    .addOption(ttlOption('that token'))
    .option('--description <text>', 'what that token is for')
    .addOption(hubOption())
    .addOption(outputOption('yaml', 'json'))
    .action(async (names, options) =>
      (await import('./commands/kubeconfig.ts')).kubeconfigCommand(context, names, options),
    );

  program
    .command('credential')
    .description('print a credential for some minutes: the exec plugin that kubeconfigs name; renews it in silence')
    .option('--cluster <name>', 'a cluster; the credential is good for no other')
    .addOption(hubOption())
    .action(async options => (await import('./commands/credential.ts')).credentialCommand(context, options));

  addSessionCommands(program, context);
  program
    .command('user')
    .description('users of the hub')
    .command('create <name>')
    .description('make a user with a password (administrators)')
    .option('--password-file <file>', 'where the password is (- for standard input); without it, you are asked')
    .option('--group <name>', 'a group of the user; may be repeated', collect)
    .option('--must-change', 'the user chooses another password when signing in first')
    .addOption(hubOption())
    .addOption(outputOption('json'))
    .action(async (name, options) => (await import('./commands/user.ts')).userCreateCommand(context, name, options));

  addKeysCommands(program, context);

  program
    .command('agent')
    .description('run a cluster agent beside a cluster, until Ctrl-C')
    .requiredOption('--join <file>', 'what `drover cluster import NAME -o join` wrote')
    .requiredOption('--kubeconfig <file>', 'how to reach the cluster, with rights to set up the agent’s accounts')
    .option('--context <name>', 'the kubeconfig’s context; without it, the current one')
    .addOption(
      new Option('--log-level <level>', 'how much is logged')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .action(async options => (await import('./commands/agent.ts')).agentCommand(context, options));

  const number = (most: number) =>
    asArgument((text: string): number => {
      if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text);
      throw new Error(`it must be a whole number from 1 to ${most}`);
    });
  program
    .command('simulate')
    .description('join simulated clusters in memory, sim-001 and on, with real agents, until Ctrl-C (administrators)')
    .addOption(
      new Option('--clusters <n>', 'how many').argParser(number(maxSimulated.clusters)).default(10).conflicts('remove'),
    )
    .addOption(new Option('--nodes <n>', 'nodes in each (default: 3)').argParser(number(maxSimulated.nodes)))
    .addOption(new Option('--pods <n>', 'pods in each, beside the usual ones').argParser(number(maxSimulated.pods)))
    .option('--remove', 'remove every cluster sim-… from the hub instead')
    .addOption(hubOption())
    .addOption(
      new Option('--log-level <level>', 'how much is logged')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('error'),
    )
    .action(async options => (await import('./commands/simulate.ts')).simulateCommand(context, options));

  addBackupCommands(program, context);
  return program;
}

function addBackupCommands(program: Command, context: CommandContext): void {
  const dataDirOption = (what: string): Option =>
    new Option('--data-dir <folder>', `${what} (default: .drover, or DROVER_DATA_DIR)`);
  const passphraseOption = (): Option =>
    new Option(
      '--passphrase-file <file>',
      'where the passphrase is (- for standard input); without it, DROVER_BACKUP_PASSPHRASE, or you are asked',
    );
  const natsOption = (): Option => new Option('--nats-url <url>', 'a NATS server of yours, where the hub uses one');
  program
    .command('backup [file]')
    .description(
      'back up the hub on this machine, running or not: every object at one revision, keys, settings; encrypted',
    )
    .addOption(dataDirOption('the hub’s data folder'))
    .addOption(passphraseOption())
    .option('--recipient <age1…>', 'encrypt to this age recipient instead of a passphrase; may be repeated', collect)
    .addOption(natsOption())
    .option('--nats-creds <file>', 'with it: credentials that may read the objects')
    .option('-o, --output <file|json>', 'the file, if it is not the argument; or how the result is written')
    .action(async (file, options) => (await import('./commands/backup.ts')).backupCommand(context, file, options));
  program
    .command('restore <file>')
    .description('restore a hub from a backup into an empty data folder, after verifying all of it')
    .addOption(dataDirOption('the folder to make, or an empty one'))
    .addOption(passphraseOption())
    .option('--identity <file>', 'a file with age identities instead of a passphrase; may be repeated', collect)
    .option('--keep-tokens', 'restore bearer tokens too; some may have been revoked after the backup')
    .addOption(natsOption())
    .option('--nats-creds-dir <folder>', 'with it: the folder with setup.creds and fleet-api.creds')
    .addOption(outputOption('json'))
    .action(async (file, options) => (await import('./commands/backup.ts')).restoreCommand(context, file, options));
}

function addKeysCommands(program: Command, context: CommandContext): void {
  program
    .command('keys')
    .description('keys of a hub whose data folder is on this machine; it may run')
    .command('rotate')
    .description('make a new key that takes over while the old one still verifies')
    .addArgument(new Argument('<role>', 'what the key signs or seals').choices(['identity', 'session', 'secrets']))
    .option('--data-dir <folder>', 'the data folder of the hub (default: .drover, or DROVER_DATA_DIR)')
    .addOption(durationOption('--grace <duration>', 'from now until the new key signs (default: 60s)'))
    .addOption(
      durationOption(
        '--overlap <duration>',
        'from then until the old key verifies no more (default: 10m; session: 24h)',
      ),
    )
    .addOption(outputOption('json'))
    .action(async (role, options) => (await import('./commands/keys.ts')).keysRotateCommand(context, role, options));
}

function addSessionCommands(program: Command, context: CommandContext): void {
  const sessions = program
    .command('sessions')
    .description('where you are signed in')
    .option('--user <name>', 'where another is (administrators)')
    .addOption(hubOption())
    .addOption(outputOption('json'))
    .action(async options => (await import('./commands/sessions.ts')).sessionsCommand(context, options));
  sessions
    .command('end <id>')
    .description('end a session, within a second and with all that it has open')
    .action(async (id, _, command: Command) =>
      (await import('./commands/sessions.ts')).endSessionCommand(context, id, command.optsWithGlobals()),
    );

  program
    .command('revoke')
    .description('end every session of a user and delete the tokens (your own, or as administrator)')
    .requiredOption('--user <name>', 'whose')
    .addOption(hubOption())
    .addOption(outputOption('json'))
    .action(async options => (await import('./commands/sessions.ts')).revokeCommand(context, options));

  const token = program
    .command('token')
    .description('tokens for programs; `kubectl get tokens` lists them, with when they were last used');
  token
    .command('create')
    .description('make a token, and print it once')
    .option('--description <text>', 'what it is for')
    .addOption(ttlOption('it'))
    .option('--cluster <name>', 'a cluster that it is good for, and nothing else is; may be repeated', collect)
    .option('--user <name>', 'whose it is, if not yours (administrators)')
    .addOption(hubOption())
    .addOption(outputOption('json'))
    .action(async options => (await import('./commands/token.ts')).tokenCreateCommand(context, options));
  token
    .command('rotate <name>')
    .description('give a token another secret, and print it once')
    .addOption(
      new Option('--grace <duration>', 'how long the old secret is good: 0s, 30m, 7d (default: 1h)').argParser(
        asArgument(graceSeconds),
      ),
    )
    .addOption(ttlOption('the token, from now on,'))
    .addOption(hubOption())
    .addOption(outputOption('json'))
    .action(async (name, options) => (await import('./commands/token.ts')).tokenRotateCommand(context, name, options));
  token
    .command('revoke <name>')
    .description('end a token, within a second and with all that it has open')
    .addOption(hubOption())
    .addOption(outputOption('json'))
    .action(async (name, options) => (await import('./commands/token.ts')).tokenRevokeCommand(context, name, options));
}

function addClusterCommands(program: Command, context: CommandContext): void {
  const cluster = program.command('cluster').description('clusters of the hub');
  cluster
    .command('import <name>')
    .description('register a cluster, and print the one command that joins it (administrators)')
    .addOption(
      new Option('-o, --output <form>', 'the manifest, the file for `drover agent`, or everything').choices([
        'yaml',
        'join',
        'json',
      ]),
    )
    .addOption(ttlOption('the join token'))
    .addOption(hubOption())
    .action(async (name, options) => (await import('./commands/cluster.ts')).importCommand(context, name, options));
  cluster
    .command('approve-agent <name>')
    .description('accept an agent that joined with another key than the first (administrators)')
    .addOption(hubOption())
    .addOption(outputOption('json'))
    .action(async (name, options) =>
      (await import('./commands/cluster.ts')).approveAgentCommand(context, name, options),
    );
  cluster
    .command('list')
    .description('the clusters of the hub')
    .addOption(hubOption())
    .addOption(outputOption('json', 'name'))
    .action(async options => (await import('./commands/cluster.ts')).listCommand(context, options));
}
