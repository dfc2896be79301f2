import { DroverError } from '@drover/errors';
import type { Logger } from '@drover/telemetry';

/** A service that runs: what it says of itself when it is ready, and how it stops. */
export interface RunningService {
  /** Facts for whoever started the process (ports that were chosen). */
  readonly ready?: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** After this the process ends whatever still runs. */
const stopDeadlineMs = 8_000;

/**
 * The life of a service's process: starts it, tells a parent process by IPC when it is ready, stops it at SIGINT or
 * SIGTERM, or when the parent is gone, and exits. A failed start is said in one line, with exit code 1.
 */
export async function runService(logger: Logger, start: () => Promise<RunningService>): Promise<void> {
  let service: RunningService;
  try {
    service = await start();
  } catch (error) {
    const { code, message } = DroverError.from(error);
    logger.fatal({ err: error, code }, `cannot start: ${message}`);
    process.exit(1);
  }
  let stopping = false;
  const stop = async (why: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ why }, 'stopping');
    setTimeout(() => {
      logger.error('the deadline has passed; exiting with work in hand');
      process.exit(1);
    }, stopDeadlineMs).unref();
    await service.close();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop('SIGINT'));
  process.once('SIGTERM', () => void stop('SIGTERM'));
  if (process.send !== undefined) {
    process.once('disconnect', () => void stop('the parent process is gone'));
    process.send({ type: 'ready', ...service.ready });
  }
  logger.info(service.ready ?? {}, 'ready');
}
