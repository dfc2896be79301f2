import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type LocalStack, startLocalStack } from '@drover/local-stack';
import { eventually } from '@drover/testing';
import { Agent as HttpAgent, request } from 'undici';

const users = '/apis/drover.dev/v1/users';
/** Acknowledged writes before the kill, and the number of writers that go on through it. */
const enough = 150;
const writers = 8;

/** What the last acknowledged write of a user said, and what a later one that got no answer may have made of it. */
interface Expected {
  acknowledged: string | undefined;
  attempted: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Calls a hub as its administrator. */
async function clientOf(hub: LocalStack) {
  const kubeconfig = await readFile(join(hub.dataDir, 'admin.kubeconfig'), 'utf8');
  const token = /token: (drv_\S+)/.exec(kubeconfig)?.[1] ?? '';
  const dispatcher = new HttpAgent({ connect: { ca: hub.ca } });
  return {
    call: async (path: string, method: 'GET' | 'POST' | 'PUT' = 'GET', body?: object): Promise<Answer> => {
      const answer = await request(new URL(path, hub.url), {
        dispatcher,
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(10_000),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.statusCode, body: JSON.parse(await answer.body.text()) };
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

type Client = Awaited<ReturnType<typeof clientOf>>;

/** Makes users and changes each twice, until a call fails. */
async function write(client: Client, writer: number, expected: Map<string, Expected>, acknowledge: () => void) {
  for (let at = 0; ; at++) {
    const name = `w${writer}-${at}`;
    const state: Expected = { acknowledged: undefined, attempted: 'new' };
    expected.set(name, state);
    try {
      const user = { apiVersion: 'drover.dev/v1', kind: 'User', metadata: { name }, spec: { displayName: 'new' } };
      let answer = await client.call(users, 'POST', user);
      for (const next of ['first', 'second', undefined]) {
        if (answer.status >= 300) return;
        state.acknowledged = state.attempted;
        acknowledge();
        if (next === undefined) break;
        state.attempted = next;
        answer = await client.call(`${users}/${name}`, 'PUT', { ...answer.body, spec: { displayName: next } });
      }
    } catch {
      return; // no answer: the write may have happened or not
    }
  }
}

/** The process that has all the words on its command line or in its environment. */
async function pidOf(...words: readonly string[]): Promise<number> {
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const cmdline = await read('cmdline');
    // the shell that guards a server names it too
    if (cmdline.startsWith('/bin/sh')) continue;
    const text = `${cmdline}\0${await read('environ')}`;
    if (words.every(word => text.includes(word))) return Number(pid);
  }
  return assert.fail(`no process has ${words.join(' and ')}`);
}

const victims = {
  'fleet-api': (dataDir: string) =>
    pidOf('services/fleet-api/src/main.ts', `DROVER_DATA_DIR=${join(dataDir, 'fleet-api')}`),
  'nats-server': (dataDir: string) => pidOf('nats-server', join(dataDir, 'nats/nats.conf')),
} as const;

for (const [victim, find] of Object.entries(victims)) {
  test(`T31 kill -9 of ${victim} under writes loses nothing that was acknowledged`, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'drover-killed-'));
    const start = () => startLocalStack({ dataDir, logLevel: 'silent', processes: { authProxies: 1, gateways: 1 } });
    try {
      const expected = new Map<string, Expected>();
      let acknowledged = 0;
      {
        await using hub = await start();
        await using client = await clientOf(hub);
        const writing = Array.from({ length: writers }, (_, writer) =>
          write(client, writer, expected, () => acknowledged++),
        );
        await eventually(() => acknowledged >= enough, { timeoutMs: 60_000, everyMs: 5 });
        process.kill(await find(dataDir), 'SIGKILL');
        assert.match(await hub.failed, new RegExp(victim));
        await Promise.all(writing);
      }
      await using hub = await start();
      await using client = await clientOf(hub);
      const { status, body } = await client.call(users);
      assert.equal(status, 200, JSON.stringify(body));
      const items = body['items'] as { metadata: { name: string }; spec: { displayName?: string } }[];
      const found = new Map(items.map(({ metadata, spec }) => [metadata.name, spec.displayName]));
      const lost: string[] = [];
      let checked = 0;
      for (const [name, state] of expected) {
        if (state.acknowledged === undefined) continue;
        checked++;
        const now = found.get(name);
        if (now !== state.acknowledged && now !== state.attempted)
          lost.push(`${name}: ${now}, not ${state.acknowledged}`);
      }
      assert.deepEqual(lost, [], `of ${checked} users and ${acknowledged} acknowledged writes`);
      assert.ok(checked >= enough / 3, `${checked} users`);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
}
