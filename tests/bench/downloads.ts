import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { succeed } from './command.ts';

export interface Downloads {
  readonly url: string;
  readonly token?: string;
  /** The CA's file. */
  readonly ca: string;
  /** Clients at a time. */
  readonly clients: number;
  /** How often each fetches it, on one connection. */
  readonly times: number;
  /** The body's size, which every download must have. */
  readonly bytes: number;
}

/** Downloads by curl processes, which cost little themselves; gives back bytes and how long they all took. */
export async function runDownloads(options: Downloads): Promise<{ bytes: number; seconds: number }> {
  const { url, token, ca, clients, times, bytes } = options;
  const folder = await mkdtemp(join(tmpdir(), 'drover-curl-'));
  try {
    const headers = join(folder, 'headers');
    await writeFile(headers, token === undefined ? '' : `Authorization: Bearer ${token}\n`, { mode: 0o600 });
    const each = Array.from({ length: times }, () => ['-o', '/dev/null', url]).flat();
    const args = [
      '-sS',
      '--fail',
      '--http1.1',
      '--cacert',
      ca,
      '-H',
      `@${headers}`,
      '-w',
      '%{size_download}\n',
      ...each,
    ];
    const before = performance.now();
    const outputs = await Promise.all(Array.from({ length: clients }, () => succeed('curl', args)));
    const seconds = (performance.now() - before) / 1_000;
    const sizes = outputs.flatMap(output => output.trim().split('\n').map(Number));
    if (sizes.length !== clients * times || sizes.some(size => size !== bytes)) {
      throw new Error(`${url}: downloads of ${sizes.join(', ')} bytes instead of ${bytes}`);
    }
    return { bytes: clients * times * bytes, seconds };
  } finally {
    await rm(folder, { recursive: true });
  }
}
