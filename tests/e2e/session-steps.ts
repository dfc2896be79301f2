import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, type RunResult, run, start } from '@drover/testing';
import { kubectlEnv, type Step, type StepContext } from './step.ts';

const sessionTimeoutMs = 60_000;

export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** A kubectl session in the context's namespace, run to its end. */
function session(context: StepContext, args: readonly string[], input?: string | Buffer): Promise<RunResult> {
  return run(context.kubectl, ['--namespace', context.namespace, ...args], {
    env: kubectlEnv(context),
    timeoutMs: sessionTimeoutMs,
    ...(input === undefined ? {} : { input }),
  });
}

/** What a step saw, where the process itself is stopped by the test. */
const seen = (stdout: string): RunResult => ({ code: 0, stdout, stderr: '' });

/** Runs a kubectl that serves until it is stopped, waits for the port that it names, and uses it. */
async function whileServing(
  context: StepContext,
  args: readonly string[],
  announced: RegExp,
  use: (port: string) => Promise<string>,
): Promise<RunResult> {
  await using serving = start(context.kubectl, ['--namespace', context.namespace, ...args], {
    env: kubectlEnv(context),
  });
  const port = await eventually(() => announced.exec(serving.stdout())?.[1], { timeoutMs: 20_000 }).catch(() => {
    throw new Error(`kubectl ${args[0]} announced no port:\n${serving.stdout()}${serving.stderr()}`);
  });
  return seen(await use(port));
}

const fetchText = async (url: string): Promise<string> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  return `${answer.status} ${await answer.text()}`;
};

/** Sessions: streams in both directions, over SPDY or WebSocket, as this kubectl likes. */
export const sessionSteps: readonly Step[] = [
  {
    name: 'kubectl exec with stdin, stderr and an exit code',
    code: 3,
    run: context =>
      session(context, ['exec', '-i', 'work', '--', 'sh', '-c', 'cat; echo wrong >&2; exit 3'], 'from here'),
  },
  {
    name: 'kubectl exec of what does not exist',
    code: 1,
    run: async context => {
      // The runtime's words hold ids of its own.
      const { code, stdout } = await session(context, ['exec', 'work', '--', 'no-such-program']);
      return { code, stdout, stderr: '' };
    },
  },
  {
    name: 'kubectl exec carries a megabyte of bytes in',
    code: 0,
    run: async context => {
      const data = randomBytes(1_000_000);
      const { code, stdout, stderr } = await session(context, ['exec', '-i', 'work', '--', 'sha256sum'], data);
      return { code, stdout: String(stdout.startsWith(sha256(data))), stderr };
    },
  },
  {
    name: 'kubectl exec with a tty',
    code: 5,
    run: async context => {
      const command = `${context.kubectl} -n ${context.namespace} exec -it work -- sh`;
      const shell = start('script', ['-qec', command, '/dev/null'], { env: { ...kubectlEnv(context), TERM: 'xterm' } });
      await using _stopped = shell;
      await eventually(() => /[#$] /.test(shell.stdout()), { timeoutMs: 20_000 }).catch(() => {
        throw new Error(`no prompt, but ${JSON.stringify(shell.stdout() + shell.stderr())}`);
      });
      shell.child.stdin?.write('[ -t 0 ] && echo a terminal of $TERM; exit 5\n');
      const code = await shell.exited;
      return { code, stdout: String(shell.stdout().includes('a terminal of xterm')), stderr: '' };
    },
  },
  {
    name: 'kubectl attach',
    code: 0,
    run: async context => {
      await using attached = start(context.kubectl, ['-n', context.namespace, 'attach', '-i', 'echoer'], {
        env: kubectlEnv(context),
      });
      attached.child.stdin?.write('echo this\n');
      await eventually(() => attached.stdout().includes('echo this\n'), { timeoutMs: 20_000 });
      attached.child.stdin?.end();
      return { code: await attached.exited, stdout: attached.stdout(), stderr: '' };
    },
  },
  {
    name: 'kubectl cp, both ways',
    code: 0,
    run: async context => {
      const data = randomBytes(300_000);
      const here = join(context.home, 'small');
      await writeFile(here, data);
      const there = `${context.namespace}/work:/tmp/small`;
      const up = await session(context, ['cp', here, there]);
      const down = await session(context, ['cp', there, `${here}.back`]);
      const same = sha256(data) === sha256(await readFile(`${here}.back`));
      return { code: up.code + down.code, stdout: String(same), stderr: up.stderr + down.stderr };
    },
  },
  {
    name: 'kubectl logs -f',
    code: 0,
    run: async context => {
      await using logs = start(context.kubectl, ['-n', context.namespace, 'logs', '-f', 'teller'], {
        env: kubectlEnv(context),
      });
      await eventually(() => logs.stdout().includes('line 5\n'), { timeoutMs: 20_000 });
      return seen(logs.stdout());
    },
  },
  {
    name: 'kubectl port-forward',
    code: 0,
    run: context =>
      whileServing(context, ['port-forward', 'work', ':8080'], /127\.0\.0\.1:(\d+) ->/, async port => {
        const pages = await Promise.all(Array.from({ length: 8 }, () => fetchText(`http://127.0.0.1:${port}/`)));
        return pages.map(page => `${page.slice(0, 4)}${page.length}`).join('\n');
      }),
  },
  {
    name: 'kubectl proxy',
    code: 0,
    run: context =>
      // Without the flag it asks the server's root, whatever path the kubeconfig names.
      whileServing(context, ['proxy', '--port=0', '--append-server-path'], /serve on 127\.0\.0\.1:(\d+)/, port =>
        fetchText(`http://127.0.0.1:${port}/api/v1/namespaces/${context.namespace}/configmaps/settings`),
      ),
  },
];
