import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kubectl, run } from '@drover/testing';
import { type Agent, request } from 'undici';
import { parse } from 'yaml';
import { isKubectl, type KubectlStep, type Outcome, type RequestStep, type Step } from './case.ts';
import { type MaskContext, maskJson, maskLines, maskText } from './mask.ts';

/** A server under comparison. */
export interface Side {
  readonly name: 'hub' | 'testbed';
  readonly url: string;
  readonly dispatcher: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly kubeconfig: string;
  /** For kubectl's discovery caches. */
  readonly home: string;
}

/** One run of a case on one side: what it has seen fills the steps that follow. */
export class CaseRun {
  readonly #side: Side;
  readonly #kubectl: Kubectl | undefined;
  readonly #seen: Map<string, string>;
  readonly #revisions = new Set<string>();

  constructor(side: Side, name: string, kubectl?: Kubectl) {
    this.#side = side;
    this.#kubectl = kubectl;
    this.#seen = new Map([['n', name]]);
  }

  step(step: Step): Promise<Outcome> {
    return isKubectl(step) ? this.#run(step) : this.#ask(step);
  }

  async #ask({ method, path, headers, body }: RequestStep): Promise<Outcome> {
    const { url, dispatcher } = this.#side;
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await request(url + this.#filled(path, encodeURIComponent), {
      dispatcher,
      method,
      headers: { ...this.#side.headers, ...headers },
      ...(text === undefined ? {} : { body: this.#filled(text) }),
    });
    const received = await answer.body.text();
    const { warning } = answer.headers;
    const type = String(answer.headers['content-type'] ?? '');
    const parsed = parsedBody(received, type);
    this.#look(parsed);
    return {
      status: answer.statusCode,
      contentType: type,
      ...(warning === undefined ? {} : { warning: maskText(String(warning), this.#mask) }),
      body: maskJson(parsed, this.#mask),
    };
  }

  async #run({ kubectl, stdin, editor }: KubectlStep): Promise<Outcome> {
    if (this.#kubectl === undefined) throw new Error('a kubectl step in a case of requests alone');
    const { name, path } = this.#kubectl;
    const home = join(this.#side.home, name);
    await mkdir(home, { recursive: true });
    const args = words(this.#filled(kubectl));
    const { code, stdout, stderr } = await run(path, args, {
      cwd: home,
      env: {
        KUBECONFIG: this.#side.kubeconfig,
        HOME: home,
        ...(editor === undefined ? {} : { KUBE_EDITOR: `sed -i -e '${this.#filled(editor)}'` }),
      },
      input: stdin === undefined ? '' : this.#filled(stdin),
    });
    const structure = structured(stdout, args);
    this.#look(structure);
    return {
      code,
      stdout: structure === undefined ? maskLines(stdout, this.#mask) : maskJson(structure, this.#mask),
      stderr: maskLines(stderr, this.#mask),
    };
  }

  get #mask(): MaskContext {
    return { server: this.#side.url, revisions: this.#revisions };
  }

  #filled(text: string, encode: (value: string) => string = value => value): string {
    return text.replaceAll(/<(n|rv|rv0|uid|continue)>/g, (whole, name) => {
      const value = this.#seen.get(name);
      return value === undefined ? whole : encode(value);
    });
  }

  /** Remembers the revision, uid and continue token of an answer, and every revision in it for the mask. */
  #look(value: unknown): void {
    const metadata = fieldOf(value, 'metadata');
    const revision = fieldOf(metadata, 'resourceVersion');
    if (typeof revision === 'string' && revision !== '') {
      if (!this.#seen.has('rv0')) this.#seen.set('rv0', revision);
      this.#seen.set('rv', revision);
    }
    for (const name of ['uid', 'continue']) {
      const found = fieldOf(metadata, name);
      if (typeof found === 'string' && found !== '') this.#seen.set(name, found);
    }
    for (const [, found = ''] of JSON.stringify(value ?? null).matchAll(/"resourceVersion":"(\d+)"/g))
      this.#revisions.add(found);
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** JSON, the lines of a watch as a list, or the text. */
function parsedBody(text: string, type: string): unknown {
  if (!type.startsWith('application/json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    const lines = text.split('\n').filter(line => line !== '');
    try {
      return lines.map(line => JSON.parse(line));
    } catch {
      return text;
    }
  }
}

/** What `-o json`, `-o yaml` and `--raw` print, as a value, so that a difference is told by its field. */
function structured(stdout: string, args: readonly string[]): unknown {
  const format = args.find(arg => /^(-o=?|--output=)?(json|yaml)$/.test(arg) && arg !== '-o');
  if (stdout === '' || (format === undefined && !stdout.startsWith('{'))) return undefined;
  try {
    const value: unknown = format?.endsWith('yaml') ? parse(stdout) : JSON.parse(stdout);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A command line's words; '…' keeps blanks. */
const words = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
