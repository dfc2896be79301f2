import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ExecInfo, parseExecInfo } from './domain/exec-info.ts';

/** How HTTP proxies are set, as curl and Go read them. */
export interface ProxySettings {
  readonly httpsProxy?: string | undefined;
  readonly allProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** All that the command line takes from the environment, read once. */
export interface Environment {
  /** Where credentials are kept. */
  readonly configFolder: string;
  /** Whether {@link configFolder} was asked for by `DROVER_CONFIG_DIR`; kubeconfigs must then repeat it. */
  readonly configFolderIsSet: boolean;
  /** The data folder of a hub on this machine, whether there is one or not. */
  readonly dataFolder: string;
  /** The passphrase of backups: `DROVER_BACKUP_PASSPHRASE`. */
  readonly backupPassphrase?: string;
  /** Whether failures show their stack: `DROVER_DEBUG`. */
  readonly debug: boolean;
  readonly proxy: ProxySettings;
  /** What client-go says, where it runs this command. */
  readonly exec: ExecInfo;
  /** The program that opens a URL for a person, or `none`: `DROVER_BROWSER`. */
  readonly browser?: string;
  /** Whether windows can be shown. */
  readonly display: boolean;
  /** Whether one came by SSH. */
  readonly remote: boolean;
  readonly platform: NodeJS.Platform;
}

/** Reads the environment; an empty variable counts as absent. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const either = (name: string): string | undefined => env[name] || env[name.toLowerCase()] || undefined;
  const asked = env['DROVER_CONFIG_DIR'];
  return Object.freeze({
    configFolder: asked
      ? resolve(asked)
      : join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'drover'),
    configFolderIsSet: Boolean(asked),
    dataFolder: resolve(env['DROVER_DATA_DIR'] || '.drover'),
    ...(env['DROVER_BACKUP_PASSPHRASE'] ? { backupPassphrase: env['DROVER_BACKUP_PASSPHRASE'] } : {}),
    debug: Boolean(env['DROVER_DEBUG']),
    proxy: Object.freeze({
      httpsProxy: either('HTTPS_PROXY'),
      allProxy: either('ALL_PROXY'),
      noProxy: either('NO_PROXY'),
    }),
    exec: parseExecInfo(env['KUBERNETES_EXEC_INFO']),
    ...(env['DROVER_BROWSER'] ? { browser: env['DROVER_BROWSER'] } : {}),
    display: Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']),
    remote: Boolean(env['SSH_CONNECTION']),
    platform: process.platform,
  });
}
