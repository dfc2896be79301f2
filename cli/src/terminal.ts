import { fchmodSync, fstatSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { usageError } from './failure.ts';

/** Where a command reads and writes. Standard output carries its result only, so that `> file` works. */
export interface Terminal {
  /** The result. */
  print(text: string): void;
  /** Everything else: progress, hints, warnings. */
  note(text: string): void;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** One line from a person; `hidden` does not show what is typed. */
  ask(question: string, options: { hidden?: boolean; signal: AbortSignal }): Promise<string>;
  /** What is piped in. */
  readInput(): Promise<string>;
  /** Before a secret is printed: a file that the result goes to becomes its owner's only. */
  protectOutput(): void;
}

const stdoutFd = 1;
const ownerOnly = 0o600;
/** Input that is longer is not what was meant. */
const maxInputBytes = 1024 * 1024;

/** The terminal of this process. Questions go to standard error, which is seen when the result goes to a file. */
export const processTerminal: Terminal = Object.freeze({
  print: (text: string) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
  note: (text: string) => void process.stderr.write(`${text}\n`),
  interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
  ask: async (question: string, { hidden = false, signal }: { hidden?: boolean; signal: AbortSignal }) => {
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    using lines = createInterface({ input: process.stdin, output: hidden ? silent : process.stderr, terminal: true });
    // readline takes Ctrl-C from the terminal in raw mode; the process must hear of it
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    const unanswered = new Promise<never>((_, reject) => {
      lines.once('close', () => reject(usageError('the question was not answered')));
    });
    if (hidden) process.stderr.write(question);
    try {
      return await Promise.race([lines.question(hidden ? '' : question, { signal }), unanswered]);
    } finally {
      if (hidden) process.stderr.write('\n');
    }
  },
  readInput: async () => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of process.stdin) {
      bytes += chunk.length;
      if (bytes > maxInputBytes) break;
      chunks.push(Buffer.from(chunk));
    }
    return Buffer.concat(chunks).toString('utf8');
  },
  protectOutput: () => {
    try {
      if (fstatSync(stdoutFd).isFile()) fchmodSync(stdoutFd, ownerOnly);
    } catch {
      // a file of somebody else's keeps the mode that they chose
    }
  },
});
