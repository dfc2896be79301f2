import { join } from 'node:path';
import { parseExecInfo } from './domain/exec-info.ts';
import { runProgram } from './program.ts';

/** What a command did. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the output was made its owner's only before a secret was printed. */
  readonly guarded: boolean;
}

export interface CommandOptions {
  /** Holds configuration and data folder; each test has its own. */
  readonly folder: string;
  /** What a person types; without it, there is no terminal. */
  readonly typed?: readonly string[];
  readonly input?: string;
  readonly now?: string;
  readonly dataFolder?: string;
  readonly signal?: AbortSignal;
  /** Hears what is written to standard error, when it is. */
  readonly onNote?: (text: string) => void;
  /** `DROVER_BROWSER` */
  readonly browser?: string;
  /** `KUBERNETES_EXEC_INFO` */
  readonly execInfo?: string;
}

/** Runs the command line in this process. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const typed = [...(options.typed ?? [])];
  let stdout = '';
  let stderr = '';
  let guarded = false;
  const code = await runProgram(args, {
    environment: {
      configFolder: join(options.folder, 'config'),
      configFolderIsSet: false,
      dataFolder: options.dataFolder ?? join(options.folder, 'no-data-folder'),
      debug: false,
      proxy: {},
      exec: parseExecInfo(options.execInfo),
      ...(options.browser === undefined ? {} : { browser: options.browser }),
      display: false,
      remote: false,
      platform: 'linux',
    },
    terminal: {
      print: text => {
        stdout += text.endsWith('\n') ? text : `${text}\n`;
      },
      note: text => {
        stderr += `${text}\n`;
        options.onNote?.(text);
      },
      interactive: options.typed !== undefined,
      ask: async question => {
        stderr += question;
        return typed.shift() ?? '';
      },
      readInput: async () => options.input ?? '',
      protectOutput: () => {
        guarded = stdout === '';
      },
    },
    launcher: '/opt/drover/bin/drover',
    signal: options.signal ?? new AbortController().signal,
    now: () => Date.parse(options.now ?? '2029-12-31T12:00:00Z'),
  });
  return { code, stdout, stderr, guarded };
}
