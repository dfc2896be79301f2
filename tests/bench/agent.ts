import { readFile } from 'node:fs/promises';
import { startClusterAgent } from '@drover/cluster-agent';
import { readJoinFile } from '@drover/contracts';
import { agentPublicKey, newAgentKey } from '@drover/identity';
import { createLogger } from '@drover/telemetry';

// node agent.ts JOIN URL CA — an agent whose kube-apiserver is a server that only has files: no Secret to keep a key
// in and no TokenRequest, so both are given here. Everything on a request's way is the real agent's.
const [joinFile = '', url = '', ca = ''] = process.argv.slice(2);
const target = new URL(url);
const privateKey = newAgentKey();
const agent = startClusterAgent({
  join: readJoinFile(await readFile(joinFile, 'utf8')),
  key: { privateKey, publicKey: agentPublicKey(privateKey) },
  endpoint: {
    url: target,
    host: target.hostname,
    port: Number(target.port),
    basePath: '',
    tls: { ca: await readFile(ca), rejectUnauthorized: true },
  },
  token: { current: () => 'bench', refused: () => {} },
  kubernetesVersion: async () => 'v1.0.0',
  logger: createLogger({ name: 'agent', level: 'warn' }),
});

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void agent.close().then(() => process.exit(0)));
const timer = setInterval(() => {
  if (agent.connected() === 0) return;
  clearInterval(timer);
  process.stdout.write('connected\n');
}, 50);
