import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { WebSocket } from 'ws';

/** What makes a Node process, and those that it starts, open an inspector on a free port of loopback. */
export const inspected = Object.freeze({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });

/** Bytes, as process.memoryUsage() counts them. */
export interface MemoryUse {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

/** Asks a process that was started with {@link inspected}; `collect` lets it collect its garbage first. */
export async function memoryOf(pid: number, { collect }: { readonly collect: boolean }): Promise<MemoryUse> {
  const url = await inspectorOf(pid);
  const socket = new WebSocket(url);
  await once(socket, 'open');
  let id = 0;
  const call = async (method: string, params: object = {}): Promise<unknown> => {
    socket.send(JSON.stringify({ id: ++id, method, params }));
    for (;;) {
      const [data] = await once(socket, 'message');
      const answer = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (answer.id === id) return answer.result;
    }
  };
  try {
    // Twice: what a finalizer lets go of in the first is collected in the second.
    for (let times = 0; collect && times < 2; times++) await call('HeapProfiler.collectGarbage');
    const expression = 'JSON.stringify(process.memoryUsage())';
    const answer = (await call('Runtime.evaluate', { expression })) as { result: { value: string } };
    return JSON.parse(answer.result.value) as MemoryUse;
  } finally {
    socket.terminate();
  }
}

/** The inspector's WebSocket: of the ports that the process listens on, the one that speaks its protocol. */
async function inspectorOf(pid: number): Promise<string> {
  for (const port of listeningPorts(pid)) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: AbortSignal.timeout(1_000) });
      const [target] = (await answer.json()) as { webSocketDebuggerUrl?: string }[];
      if (target?.webSocketDebuggerUrl !== undefined) return target.webSocketDebuggerUrl;
    } catch {
      // Another protocol's port.
    }
  }
  throw new Error(`process ${pid} has no inspector`);
}

/** Sockets of /proc/net/tcp in the state LISTEN (0A) whose inode is one of the process's open files. */
function listeningPorts(pid: number): number[] {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed since the folder was read.
    }
  }
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
    .map(fields => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
}
