import { ConfigStore } from './config-store.ts';
import type { Environment } from './environment.ts';
import type { Terminal } from './terminal.ts';

/** What every command works with. */
export interface CommandContext {
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** The launcher's absolute path, for kubeconfigs. */
  readonly launcher: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  now(): number;
}

export const storeOf = ({ environment }: CommandContext): ConfigStore => new ConfigStore(environment.configFolder);
