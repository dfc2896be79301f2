import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP relay on loopback: the network between two sides, which a test can make silent or cut. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Bytes that went towards the target, and back. */
  readonly sent: { forth: number; back: number };
  /** Connections that were made so far. */
  readonly accepted: number;
  /** From now on nothing passes in either direction, and nothing is closed; connections that come are held. */
  silence(): void;
  /** New connections pass again. What was silent stays so, as a broken path does. */
  heal(): void;
  /** Closes every connection. */
  cut(): void;
}

export async function startRelay(target: number): Promise<Relay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const sent = { forth: 0, back: 0 };
  let silent = false;
  let accepted = 0;
  const server = createServer(near => {
    accepted++;
    const far = connect(target, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    let lost = silent;
    hush.add(() => {
      lost = true;
    });
    const pass = (from: Socket, to: Socket, count: keyof typeof sent): void => {
      from.setNoDelay(true);
      from.on('data', (chunk: Buffer) => {
        if (lost) return;
        sent[count] += chunk.length;
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => from.resume());
      from.on('error', () => {});
      // Neither an end nor a reset passes a silent network.
      from.once('close', () => {
        if (!lost) to.destroy();
      });
    };
    pass(near, far, 'forth');
    pass(far, near, 'back');
  });
  const hush = new Set<() => void>();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of [...pairs].flat()) socket.destroy();
    pairs.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    sent,
    get accepted() {
      return accepted;
    },
    silence: () => {
      silent = true;
      for (const lose of hush) lose();
    },
    heal: () => {
      silent = false;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise(resolve => server.close(resolve));
      cut();
      await closed;
    },
  };
}
