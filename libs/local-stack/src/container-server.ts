import type { RunningServer } from './server-process.ts';

/** Whether a container runtime answers. A Docker client on the PATH says nothing: there may be no engine behind it. */
export async function containerRuntimeRuns(): Promise<boolean> {
  // Loaded only here: it takes as long as the whole start, and most machines never need it.
  const { getContainerRuntimeClient } = await import('testcontainers');
  return await getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

export interface ContainerOptions {
  readonly image: string;
  /** The command inside the image. */
  readonly command: readonly string[];
  /** Mounted at the same path, so that one configuration fits both ways of running. */
  readonly folder: string;
}

/**
 * Runs a server in Docker on the host's network, so that it listens on the loopback address only, as this user, so that
 * its data can be read by a later start without Docker. Testcontainers' reaper ends it when this process is gone.
 */
export async function runContainer({ image, command, folder }: ContainerOptions): Promise<RunningServer> {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer(image)
    .withNetworkMode('host')
    .withUser(`${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`)
    .withBindMounts([{ source: folder, target: folder, mode: 'rw' }])
    .withCommand([...command])
    .start();
  let stopping = false;
  return {
    exited: new Promise<string>(() => {}), // the clients notice a server that is gone
    stop: async () => {
      if (stopping) return;
      stopping = true;
      await container.stop({ timeout: 5_000 });
    },
  };
}
