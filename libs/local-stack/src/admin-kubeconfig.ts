import { DroverError } from '@drover/errors';
import { untilAnswered } from './hub-client.ts';
import { readText, writeSecret } from './secret-files.ts';

export interface AdminKubeconfigOptions {
  readonly path: string;
  /** What the kubeconfig names. */
  readonly url: string;
  /** Where this process reaches the hub. */
  readonly nearUrl: string;
  /** PEM */
  readonly ca: string;
  /** Absent: no token can be made, and a missing file stays missing. */
  readonly password: string | undefined;
  readonly signal?: AbortSignal;
}

const admin = 'admin';
/** For one request more; longer than a front door is waited for. */
const loginTtlSeconds = 120;

/**
 * Writes the administrator's kubeconfig, whose context `hub` is the hub's own API. Its token is made once; later starts
 * keep it, and bring address and CA up to date.
 */
export async function ensureAdminKubeconfig(options: AdminKubeconfigOptions): Promise<void> {
  const found = await readText(options.path);
  const token = /^ +token: (drv_\S+)$/m.exec(found ?? '')?.[1] ?? (await newToken(options));
  if (token === undefined) return;
  const text = kubeconfig(options.url, options.ca, token);
  if (text !== found) await writeSecret(options.path, text);
}

async function newToken({ nearUrl: url, ca, password, signal }: AdminKubeconfigOptions): Promise<string | undefined> {
  if (password === undefined) return undefined;
  const call = { url, ca, method: 'POST' as const };
  const credentials = { username: admin, password, ttlSeconds: loginTtlSeconds };
  const login = await untilAnswered({ ...call, path: '/v1/login', body: credentials }, [], signal);
  // The administrator has another password by now: then who knows it makes tokens.
  if (login.status === 401) return undefined;
  const body = { description: 'admin.kubeconfig' };
  // A front door hears of a token a moment after it was made.
  const made = await untilAnswered({ ...call, path: '/v1/tokens', token: tokenOf(login.body), body }, [401], signal);
  return tokenOf(made.body);
}

function tokenOf(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string') return body.token;
  const message = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : 'no answer';
  throw new DroverError('internal', `the hub gave its administrator no token: ${message}`);
}

const kubeconfig = (url: string, ca: string, token: string): string => `apiVersion: v1
kind: Config
current-context: hub
clusters:
  - name: hub
    cluster:
      server: ${url}
      certificate-authority-data: ${Buffer.from(ca, 'utf8').toString('base64')}
contexts:
  - name: hub
    context:
      cluster: hub
      user: ${admin}
users:
  - name: ${admin}
    user:
      token: ${token}
`;
