import { openHttp2 } from './http2-client.ts';
import type { TestHub } from './hub.ts';
import { openRaw, upgradeHead } from './raw-connection.ts';

/** What one credential has open: at each front door a shell, and a watch over either HTTP version. */
export interface LiveStreams extends Disposable {
  /** Whether every one has ended. */
  ended(): boolean;
  anyEnded(): boolean;
}

/** Opens them; each front door with a cluster whose stub answers a watch by a bookmark and takes an exec. */
export async function openLiveStreams(
  hub: TestHub,
  doors: readonly (readonly [door: string, cluster: string])[],
  token: string,
): Promise<LiveStreams> {
  const open: { ended(): boolean; close(): void }[] = [];
  for (const [door, cluster] of doors) {
    const path = `/k8s/clusters/${cluster}/api/v1/pods?watch=1`;
    const shell = await openRaw(hub, door);
    shell.write(upgradeHead(`/k8s/clusters/${cluster}/api/v1/namespaces/a/pods/p/exec`, token));
    await shell.until(/^HTTP\/1\.1 101 /);
    const watch = await openRaw(hub, door);
    watch.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\n\r\n`);
    await watch.until(/BOOKMARK/);
    const { session, stream } = openHttp2(hub, { path, token, door });
    stream.on('error', () => {});
    await new Promise(resolve => stream.once('data', resolve));
    open.push({ ended: shell.closed, close: () => shell.socket.destroy() });
    open.push({ ended: watch.closed, close: () => watch.socket.destroy() });
    open.push({ ended: () => stream.closed, close: () => session.destroy() });
  }
  return {
    ended: () => open.every(it => it.ended()),
    anyEnded: () => open.some(it => it.ended()),
    [Symbol.dispose]: () => {
      for (const it of open) it.close();
    },
  };
}
