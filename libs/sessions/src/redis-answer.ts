import { DroverError } from '@drover/errors';
import type { ChainableCommander } from 'ioredis';
import type { Sessions } from './sessions.ts';

/** Where nobody new can sign in. */
const unavailable = (cause?: unknown): DroverError =>
  new DroverError(
    'sessions-unavailable',
    'the hub’s sessions cannot be reached at the moment, so nobody new can sign in; try again in a moment',
    cause === undefined ? {} : { cause },
  );

/** What `ask` answers; `sessions-unavailable` at once while Redis is away. */
export async function answerOf<T>(sessions: Sessions, ask: (redis: Sessions['redis']) => Promise<T>): Promise<T> {
  if (!sessions.connected) throw unavailable();
  try {
    return await ask(sessions.redis);
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** The answers of commands that are sent as one. Throws the first that failed. */
export async function all(commands: ChainableCommander): Promise<unknown[]> {
  const answers = (await commands.exec()) ?? [];
  return answers.map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
}
