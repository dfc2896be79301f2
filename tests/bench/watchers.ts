import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';

/**
 * A program: opens watches, each on a connection of its own, writes one object again and again, and says how long it took
 * from the write until the last watcher had the event. It reads no HTTP beyond what it must, so that it measures the server.
 *
 * Arguments: a file of `{url, ca, token, name, watchers, writes}`. Prints the milliseconds as a JSON array.
 */
interface Plan {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly name: string;
  readonly watchers: number;
  readonly writes: number;
}

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Plan;
const url = new URL(plan.url);
const ca = readFileSync(plan.ca);
/** So many connections are opened at once. */
const openingAtOnce = 20;
/** Between two writes everything settles. */
const pauseMs = 50;

let marker = Buffer.from('\0');
let missing = 0;
let done: () => void = () => {};
let fail: (error: Error) => void = () => {};

/** Resolves when the server has begun to answer. */
function watch(resourceVersion: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), ca, ALPNProtocols: ['http/1.1'] }, () => {
      const query = `watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=600`;
      socket.write(
        `GET ${url.pathname}?${query} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${plan.token}\r\n\r\n`,
      );
    });
    let seen: Buffer | undefined;
    socket.on('error', reject).on('end', () => fail(new Error('a watch has ended')));
    socket.on('data', chunk => {
      if (seen === undefined) {
        if (!chunk.includes('HTTP/1.1 200')) return reject(new Error(chunk.toString('latin1').slice(0, 500)));
        resolve(socket);
      }
      if (seen === marker || !chunk.includes(marker)) {
        seen ??= Buffer.alloc(0);
        return;
      }
      seen = marker;
      if (--missing === 0) done();
    });
  });
}

const agent = new Agent({ keepAlive: true, ca });

function call(method: string, path: string, json?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${plan.token}`, 'content-type': 'application/merge-patch+json' };
    const outgoing = request(`${plan.url}${path}`, { agent, method, headers }, response => {
      const body = text(response);
      if (response.statusCode !== 200) body.then(said => reject(new Error(`${response.statusCode} ${said}`)), reject);
      else body.then(resolve, reject);
    });
    outgoing.on('error', reject).end(json === undefined ? undefined : JSON.stringify(json));
  });
}

const { metadata } = JSON.parse(await call('GET', '?limit=1')) as { metadata: { resourceVersion: string } };
const sockets: TLSSocket[] = [];
while (sockets.length < plan.watchers) {
  const count = Math.min(openingAtOnce, plan.watchers - sockets.length);
  sockets.push(...(await Promise.all(Array.from({ length: count }, () => watch(metadata.resourceVersion)))));
}
const latencies: number[] = [];
for (let write = 0; write < plan.writes; write++) {
  await new Promise(resolve => setTimeout(resolve, pauseMs));
  const note = `mark-${process.pid}-${write}-`;
  marker = Buffer.from(note);
  missing = plan.watchers;
  const all = new Promise<void>((resolve, reject) => {
    done = resolve;
    fail = reject;
  });
  const startedMs = performance.now();
  await Promise.all([call('PATCH', `/${plan.name}`, { spec: { displayName: note } }), all]);
  latencies.push(performance.now() - startedMs);
}
for (const socket of sockets) socket.destroy();
agent.destroy();
process.stdout.write(`${JSON.stringify(latencies)}\n`);
