/** One thing on which the server's health stands. */
export interface HealthCheck {
  /** A path segment: `/readyz/<name>` tells of it alone. */
  readonly name: string;
  /** Where it counts. A failing `livez` has the process restarted, so that only what a restart mends belongs there. */
  readonly of: readonly HealthEndpoint[];
  /** Why it fails, for the operators' log; undefined: it does not. */
  readonly why: () => string | undefined;
  /** What `?verbose` says of it beside that it is well, to anybody who asks. */
  readonly says?: () => string;
}

export type HealthEndpoint = 'healthz' | 'livez' | 'readyz';

/** What a health endpoint says, as plain text. */
export interface HealthAnswer {
  readonly status: 200 | 404 | 500;
  readonly text: string;
}

/**
 * `/healthz`, `/livez` and `/readyz` with `?verbose` and `?exclude=`, and single checks below them, in the words of
 * kube-apiserver (k8s.io/apiserver/pkg/server/healthz). Why a check fails is told to `onFailure` and not to callers, who
 * need no credentials. Undefined: the path is none of these.
 */
export function healthAnswer(
  checks: readonly HealthCheck[],
  path: string,
  query: string,
  onFailure: (name: string, why: string) => void = () => {},
): HealthAnswer | undefined {
  const [, endpoint = '', name, more] = path.split('/');
  if (!isEndpoint(endpoint) || more !== undefined) return undefined;
  const counted = checks.filter(check => check.of.includes(endpoint));
  if (name !== undefined && name !== '') {
    const check = counted.find(one => one.name === name);
    if (check === undefined) return { status: 404, text: '404 page not found\n' };
    const why = check.why();
    if (why === undefined) return { status: 200, text: 'ok' };
    onFailure(name, why);
    return { status: 500, text: 'internal server error: reason withheld\n' };
  }
  const parameters = new URLSearchParams(query);
  const unmatched = new Set(parameters.getAll('exclude'));
  const lines: string[] = [];
  let failed = false;
  for (const check of counted) {
    if (unmatched.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const why = check.why();
    if (why === undefined) {
      lines.push(`[+]${check.name} ok${check.says === undefined ? '' : `: ${check.says()}`}`);
      continue;
    }
    lines.push(`[-]${check.name} failed: reason withheld`);
    failed = true;
    onFailure(check.name, why);
  }
  if (unmatched.size > 0) {
    const names = [...unmatched].map(one => JSON.stringify(one)).join(', ');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  if (failed) return { status: 500, text: `${lines.join('\n')}\n${endpoint} check failed\n` };
  return { status: 200, text: parameters.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok' };
}

const isEndpoint = (name: string): name is HealthEndpoint => ['healthz', 'livez', 'readyz'].includes(name);
