import { Agent } from 'node:https';
import { DroverError } from '@drover/errors';
import { errorOfAnswer } from './answer-error.ts';
import { type JsonAnswer, type JsonRequest, sendJson } from './json-request.ts';
import { type KubeCredential, type KubeEndpoint, type KubeSource, loadKubeConfig } from './kube-config.ts';
import { type KubeObject, type ObjectRef, pathOf } from './object-path.ts';

/** Whom a token is for. */
export interface TokenOptions {
  /** Seconds; the kube-apiserver takes no less than 600, and may give less or more than was asked. */
  readonly expirationSeconds: number;
  /** Default: the kube-apiserver itself. */
  readonly audiences?: readonly string[];
  readonly signal: AbortSignal;
}

/** A ServiceAccount's token (TokenRequest, authentication.k8s.io/v1). */
export interface ServiceAccountToken {
  readonly token: string;
  /** By the kube-apiserver's clock, milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** The answer of `/version`, as far as it is used. */
export interface KubeVersion {
  /** Such as `v1.33.2`. */
  readonly gitVersion: string;
}

/** Drover's field manager of server-side apply. */
const fieldManager = 'drover';
/** Drover's own work is a handful of requests at a time; users' requests go another way. */
const maxConnections = 4;

/**
 * Drover's own calls to one kube-apiserver, with the source's own credential. Users' requests never go this way: they
 * take {@link KubeClient.endpoint} and the impersonating account's token.
 *
 * Every failure is a `DroverError`: `cluster-unreachable` where there is no answer, else by the answer's status.
 */
export class KubeClient implements AsyncDisposable {
  readonly endpoint: KubeEndpoint;
  readonly #credential: KubeCredential;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: maxConnections });

  constructor(endpoint: KubeEndpoint, credential: KubeCredential) {
    this.endpoint = endpoint;
    this.#credential = credential;
  }

  /** The object, or undefined where there is none. */
  async read(ref: ObjectRef, { signal }: { signal: AbortSignal }): Promise<KubeObject | undefined> {
    const path = pathOf(ref, 'object');
    const answer = await this.#send('GET', path, { signal });
    return answer.status === 404 ? undefined : objectIn(`get ${path}`, answer);
  }

  /** Creates the object unless one of its name exists; gives what is there then. Of two callers at once, one creates. */
  async createIfAbsent(object: KubeObject, { signal }: { signal: AbortSignal }): Promise<KubeObject> {
    const path = pathOf(object, 'collection');
    const answer = await this.#send('POST', path, { body: object, query: { fieldManager }, signal });
    if (answer.status !== 409) return objectIn(`create ${path}`, answer);
    const found = await this.read(object, { signal });
    if (found === undefined) {
      throw new DroverError('conflict', `${object.kind} ${object.metadata.name} existed and was deleted meanwhile`);
    }
    return found;
  }

  /** Server-side apply (KEP-555); fields that somebody else manages are taken over. */
  async apply(object: KubeObject, { signal }: { signal: AbortSignal }): Promise<KubeObject> {
    const path = pathOf(object, 'object');
    const query = { fieldManager, force: 'true' };
    const contentType = 'application/apply-patch+yaml'; // JSON is YAML
    return objectIn(`apply ${path}`, await this.#send('PATCH', path, { body: object, query, contentType, signal }));
  }

  /** A new token of a ServiceAccount. */
  async requestToken(namespace: string, serviceAccount: string, options: TokenOptions): Promise<ServiceAccountToken> {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: serviceAccount } };
    const path = `${pathOf(account, 'object')}/token`;
    const { expirationSeconds, audiences, signal } = options;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds, ...(audiences === undefined ? {} : { audiences }) },
    };
    const { status } = objectIn(
      `token of ${namespace}/${serviceAccount}`,
      await this.#send('POST', path, { body, signal }),
    );
    const { token, expirationTimestamp } = record(status);
    const expiresAtMs = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
    if (typeof token !== 'string' || Number.isNaN(expiresAtMs)) {
      throw new DroverError('cluster-unreachable', `${path}: the kube-apiserver answered without a token`);
    }
    return { token, expiresAtMs };
  }

  /** The kube-apiserver's version. */
  async version({ signal }: { signal: AbortSignal }): Promise<KubeVersion> {
    const { gitVersion } = record(parse('/version', await this.#send('GET', '/version', { signal })));
    if (typeof gitVersion !== 'string') throw new DroverError('cluster-unreachable', '/version names no version');
    return { gitVersion };
  }

  /** Resolves when the kube-apiserver says that it is ready. */
  async checkReady({ signal }: { signal: AbortSignal }): Promise<void> {
    const answer = await this.#send('GET', '/readyz', { signal });
    if (answer.status !== 200) throw errorOfAnswer('/readyz', answer);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    this.#agent.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #send(
    method: JsonRequest['method'],
    path: string,
    { query, ...rest }: Omit<JsonRequest, 'url' | 'method'> & { readonly query?: Record<string, string> },
  ): Promise<JsonAnswer> {
    rest.signal.throwIfAborted();
    const url = new URL(this.endpoint.basePath + path, this.endpoint.url);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const options = await this.#credential.apply().catch(cause => {
      throw new DroverError('unauthenticated', 'the kubeconfig’s credential cannot be had', { cause });
    });
    return await sendJson(this.#agent, options, { ...rest, url, method });
  }
}

/**
 * A client of the cluster that `from` names.
 *
 * @example
 * await using kube = kubeClient({ kubeconfigFile: 'alpha.kubeconfig' });
 * const { gitVersion } = await kube.version({ signal: AbortSignal.timeout(5000) });
 */
export function kubeClient(from: KubeSource): KubeClient {
  const { endpoint, credential } = loadKubeConfig(from);
  return new KubeClient(endpoint, credential);
}

function parse(what: string, answer: JsonAnswer): unknown {
  if (answer.status < 200 || answer.status > 299) throw errorOfAnswer(what, answer);
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new DroverError('cluster-unreachable', `${what}: the answer is not JSON`, { cause });
  }
}

function objectIn(what: string, answer: JsonAnswer): KubeObject {
  const value = parse(what, answer);
  if (isObject(value)) return value;
  throw new DroverError('cluster-unreachable', `${what}: the answer is no Kubernetes object`);
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const isObject = (value: unknown): value is KubeObject =>
  typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value;
