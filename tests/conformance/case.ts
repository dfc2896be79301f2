/**
 * What the suite is made of: cases as data. In every text of a step these are filled in, by each side for itself:
 * `<n>` a name of the case's own (so that cases may run side by side), `<rv>`, `<uid>` and `<continue>` what the last
 * answer with such a field held, `<rv0>` the first resourceVersion that the case has seen.
 */
export interface RequestStep {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  /** What the hub must answer, where the testbed's version is too old to be the measure. */
  readonly expect?: Expected;
}

/** Compared in part: what is not named may be anything; a RegExp is matched. */
export interface Expected {
  readonly status: number;
  /** `warning` and `contentType`. */
  readonly headers?: Readonly<Record<string, string | RegExp>>;
  readonly body?: unknown;
}

export interface KubectlStep {
  /** A command line: words by blanks, quoted with '…' where one holds a blank. */
  readonly kubectl: string;
  readonly stdin?: string;
  /** A sed(1) expression that stands for the person at the editor. */
  readonly editor?: string;
}

export type Step = RequestStep | KubectlStep;

export interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** Cases of one theme; one line of the report. */
export interface Topic {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** What a step showed, masked, as JSON. */
export type Outcome = Readonly<Record<string, unknown>>;

export const isKubectl = (step: Step): step is KubectlStep => 'kubectl' in step;

const mergePatchType = 'application/merge-patch+json';
const jsonPatchType = 'application/json-patch+json';
const applyPatchType = 'application/apply-patch+yaml';

/** What answers are asked for, beside whole objects. */
export const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
export const partial = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json' };
export const partialList = {
  accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
};

type Headers = Readonly<Record<string, string>>;
const request =
  (method: RequestStep['method'], type?: string) =>
  (path: string, body?: unknown, headers: Headers = {}): RequestStep => ({
    method,
    path,
    ...(body === undefined ? {} : { body }),
    headers: { ...(type === undefined || body === undefined ? {} : { 'content-type': type }), ...headers },
  });

export const post = request('POST', 'application/json');
export const put = request('PUT', 'application/json');
export const del = request('DELETE', 'application/json');
export const merge = request('PATCH', mergePatchType);
export const jsonPatch = request('PATCH', jsonPatchType);
export const apply = request('PATCH', applyPatchType);
export const get = (path: string, headers: Headers = {}): RequestStep => ({ method: 'GET', path, headers });
/** Answered by the hub alone, as the reference says. */
export const expecting = (step: RequestStep, expect: Expected): RequestStep => ({ ...step, expect });
export const kubectl = (commandLine: string, more: Omit<KubectlStep, 'kubectl'> = {}): KubectlStep => ({
  kubectl: commandLine,
  ...more,
});

/** `/apis/drover.dev/v1/users…` */
export const users = (rest = ''): string => `/apis/drover.dev/v1/users${rest}`;
export const clusters = (rest = ''): string => `/apis/drover.dev/v1/clusters${rest}`;
export const settings = (rest = ''): string => `/apis/drover.dev/v1/settings${rest}`;

type Fields = Readonly<Record<string, unknown>>;
/** A user as a client sends it. */
export const user = (name = '<n>', spec: Fields = {}, metadata: Fields = {}): Fields => ({
  apiVersion: 'drover.dev/v1',
  kind: 'User',
  metadata: { name, ...metadata },
  spec,
});
/** A kind without a status. */
export const setting = (name = '<n>', metadata: Fields = {}): Fields => ({
  apiVersion: 'drover.dev/v1',
  kind: 'Setting',
  metadata: { name, ...metadata },
  spec: { value: 'on' },
});
export const cluster = (name = '<n>', spec: Fields = {}, metadata: Fields = {}): Fields => ({
  apiVersion: 'drover.dev/v1',
  kind: 'Cluster',
  metadata: { name, ...metadata },
  spec,
});
export const json = (value: unknown): string => JSON.stringify(value);
