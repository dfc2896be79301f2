import { open } from 'node:fs/promises';
import { DroverError } from '@drover/errors';
import type { Terminal } from './terminal.ts';

/** Passwords, certificates and join files are all smaller. */
const maxFileBytes = 1024 * 1024;

/**
 * The text of a file that an option names; `-` is standard input.
 *
 * @throws DroverError `config-invalid`
 */
export async function readInputFile(path: string, option: string, terminal: Terminal): Promise<string> {
  if (path === '-') return terminal.readInput();
  try {
    await using file = await open(path);
    const buffer = Buffer.alloc(maxFileBytes);
    const { bytesRead } = await file.read(buffer, 0, maxFileBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DroverError('config-invalid', `${option} ${path} cannot be read (${why})`, { cause });
  }
}

/** A password from a file: its first line, without the end that editors and `echo` add. */
export async function readPasswordFile(path: string, terminal: Terminal, option = '--password-file'): Promise<string> {
  const text = await readInputFile(path, option, terminal);
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new DroverError('config-invalid', `${option} ${path} holds no password`);
  if (/[\r\n]/.test(password)) {
    throw new DroverError('config-invalid', `${option} ${path} holds more than one line; it must hold a password only`);
  }
  return password;
}
