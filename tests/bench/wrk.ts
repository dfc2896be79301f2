import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { succeed } from './command.ts';

/** What one run of wrk saw. */
export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Load {
  readonly url: string;
  readonly token?: string;
  readonly connections: number;
  readonly seconds: number;
  /** Lua that makes other requests than GETs of `url`. */
  readonly script?: string;
}

/** Counts and microseconds; read by this program only. */
const done = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"us":%d,"p50":%f,"p99":%f,"errors":%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Requests (GETs of one URL unless a script makes others) over kept-alive TLS connections, as fast as they are answered. One failed request fails the bench. */
export async function runLoad({ url, token, connections, seconds, script: lua = '' }: Load): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-wrk-'));
  try {
    const script = join(folder, 'load.lua');
    // In a file, since a command line can be read by every user of the machine.
    const header = token === undefined ? '' : `wrk.headers["Authorization"] = "Bearer ${token}"\n`;
    await writeFile(script, `${header}${lua}${done}`, { mode: 0o600 });
    const args = ['-t', '1', '-c', `${connections}`, '-d', `${seconds}s`, '--timeout', '60s', '-s', script, url];
    const output = await succeed('wrk', args, { timeoutMs: (seconds + 30) * 1_000 });
    const line = /^\{.*\}$/m.exec(output)?.[0] ?? '{}';
    const { requests = 0, us = 0, p50 = 0, p99 = 0, errors = 1 } = JSON.parse(line) as Record<string, number>;
    if (errors > 0 || requests === 0) throw new Error(`${url} at ${connections} connections: ${output}`);
    return { requests, requestsPerSecond: (requests * 1e6) / us, p50Ms: p50 / 1_000, p99Ms: p99 / 1_000 };
  } finally {
    await rm(folder, { recursive: true });
  }
}
