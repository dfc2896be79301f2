import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SealingKeys } from '@drover/backup';
import { durationMs, hostPort, integer, loadConfig, oneOf, optional, text, textList, url } from '@drover/config';
import { version } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { logLevels } from '@drover/telemetry';
import { type LocalStackOptions, startLocalStack } from './local-stack.ts';

const help = `npm start [-- options]: a whole hub on this machine

  --processes        each service in a process of its own (default: all in one)
  --auth-proxies N   how many front doors, with --processes (default 2)
  --gateways N       how many tunnel gateways, with --processes (default 2)
  --demo             also joins \`demo\`, a simulated cluster in memory, to look at
  --help             this text

Environment:
  DROVER_DATA_DIR       where everything is kept (.drover)
  DROVER_LISTEN         where the front door listens (127.0.0.1:8443); port 0 is chosen once and kept
  DROVER_SERVER_NAMES   further names of the hub in its certificate, divided by commas
  DROVER_NATS_URL       a NATS server of yours; DROVER_NATS_CREDS_DIR: a <user>.creds for each of its users
  DROVER_REDIS_URL      a Redis server of yours
  DROVER_AGENT_IMAGE    the image of the agent in import manifests
  DROVER_USER_PREFIX    what stands before hub names in clusters (drover:)
  DROVER_BACKUP_DIR     where scheduled backups go; without it there are none. DROVER_BACKUP_INTERVAL (24h),
                        DROVER_BACKUP_KEEP (7), DROVER_BACKUP_RECIPIENTS or DROVER_BACKUP_PASSPHRASE_FILE
  DROVER_LOG_LEVEL      ${logLevels.join(', ')} (info)
`;

/** One process stops everything in this time, or gives up. */
const stopTimeoutMs = 10_000;
const maxProcesses = 16;
/** A backup of a large hub takes seconds. */
const minBackupIntervalMs = 60_000;

function options(): LocalStackOptions | 'help' {
  const { values } = parseArgs({
    options: {
      processes: { type: 'boolean', default: false },
      'auth-proxies': { type: 'string', default: '2' },
      gateways: { type: 'string', default: '2' },
      demo: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const env = loadConfig(
    {
      DROVER_DATA_DIR: text({ default: '.drover', description: 'where everything is kept' }),
      DROVER_LISTEN: hostPort({ default: '127.0.0.1:8443', description: 'where the front door listens' }),
      DROVER_SERVER_NAMES: textList({ default: ' ', description: 'further names of the hub' }),
      DROVER_NATS_URL: optional(url({ description: 'a NATS server of yours', secret: true })),
      DROVER_NATS_CREDS_DIR: optional(text({ description: 'the folder with its users’ credentials' })),
      DROVER_REDIS_URL: optional(url({ description: 'a Redis server of yours', secret: true })),
      DROVER_AGENT_IMAGE: text({ default: `drover:${version}`, description: 'the image of the agent' }),
      DROVER_USER_PREFIX: text({ default: 'drover:', description: 'what stands before hub names in clusters' }),
      DROVER_BACKUP_DIR: optional(text({ description: 'where scheduled backups go' })),
      DROVER_BACKUP_INTERVAL: durationMs({ default: '24h', description: 'how long from one backup to the next' }),
      DROVER_BACKUP_KEEP: integer({
        default: '7',
        minimum: 1,
        maximum: 10_000,
        description: 'how many backups are kept',
      }),
      DROVER_BACKUP_RECIPIENTS: optional(textList({ description: 'age recipients of the backups' })),
      DROVER_BACKUP_PASSPHRASE_FILE: optional(text({ description: 'the file with the passphrase of the backups' })),
      DROVER_LOG_LEVEL: oneOf(logLevels, { default: 'info', description: 'how much is logged' }),
    },
    process.env,
  );
  const { DROVER_NATS_URL: natsUrl, DROVER_NATS_CREDS_DIR: credsDir, DROVER_REDIS_URL: redisUrl } = env;
  const { DROVER_BACKUP_DIR: folder, DROVER_BACKUP_INTERVAL: intervalMs, DROVER_BACKUP_KEEP: keep } = env;
  const { DROVER_BACKUP_RECIPIENTS: recipients, DROVER_BACKUP_PASSPHRASE_FILE: passphraseFile } = env;
  if (folder !== undefined && intervalMs < minBackupIntervalMs) {
    throw new DroverError('config-invalid', 'DROVER_BACKUP_INTERVAL must be a minute at least');
  }
  return {
    dataDir: env.DROVER_DATA_DIR,
    listen: env.DROVER_LISTEN,
    serverNames: env.DROVER_SERVER_NAMES,
    agentImage: env.DROVER_AGENT_IMAGE,
    userPrefix: env.DROVER_USER_PREFIX,
    logLevel: env.DROVER_LOG_LEVEL,
    demo: values.demo,
    say: line => process.stderr.write(`${line}\n`),
    ...(natsUrl === undefined ? {} : { nats: { url: natsUrl, ...(credsDir === undefined ? {} : { credsDir }) } }),
    ...(redisUrl === undefined ? {} : { redisUrl }),
    ...(folder === undefined
      ? {}
      : { backups: { folder, intervalMs, keep, keys: backupKeys(recipients, passphraseFile) } }),
    ...(values.processes
      ? {
          processes: {
            authProxies: count('--auth-proxies', values['auth-proxies']),
            gateways: count('--gateways', values.gateways),
          },
        }
      : {}),
  };
}

function backupKeys(recipients: readonly string[] = [], passphraseFile?: string): SealingKeys {
  if (recipients.length > 0) return { kind: 'recipients', recipients };
  if (passphraseFile === undefined) {
    throw new DroverError(
      'config-invalid',
      'DROVER_BACKUP_DIR needs DROVER_BACKUP_RECIPIENTS (age1…) or DROVER_BACKUP_PASSPHRASE_FILE',
    );
  }
  try {
    return { kind: 'passphrase', passphrase: readFileSync(passphraseFile, 'utf8').trimEnd() };
  } catch (cause) {
    throw new DroverError('config-invalid', `DROVER_BACKUP_PASSPHRASE_FILE ${passphraseFile} cannot be read`, {
      cause,
    });
  }
}

function count(flag: string, value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= maxProcesses) return number;
  throw new DroverError(
    'config-invalid',
    `${flag} must be a whole number from 1 to ${maxProcesses}, but it is ${JSON.stringify(value)}`,
  );
}

const demoHint = (dataDir: string, url: string): string =>
  `the simulated cluster demo has joined; look at it with
  kubectl --kubeconfig ${join(dataDir, 'admin.kubeconfig')} --server ${url}/k8s/clusters/demo get pods -A
`;

async function main(): Promise<void> {
  const wanted = options();
  if (wanted === 'help') return void process.stdout.write(help);
  const stopping = new AbortController();
  const asked = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopping.abort(new DroverError('internal', `stopped by ${signal}`));
      asked.resolve(undefined);
    });
  }
  const stack = await startLocalStack({ ...wanted, signal: stopping.signal });
  for (const url of stack.urls.slice(1)) process.stdout.write(`another front door: ${url}\n`);
  process.stdout.write(`drover ready ${stack.url}\n`);
  if (wanted.demo) process.stdout.write(demoHint(stack.dataDir, stack.url));
  const failure = await Promise.race([asked.promise, stack.failed]);
  setTimeout(() => {
    process.stderr.write('not everything has stopped in time\n');
    process.exit(1);
  }, stopTimeoutMs).unref();
  if (failure !== undefined) process.stderr.write(`${failure}; stopping\n`);
  await stack.close();
  process.exit(failure === undefined ? 0 : 1);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
