/** What client-go tells an exec plugin of its run, in `KUBERNETES_EXEC_INFO` (KEP-541). */
export interface ExecInfo {
  /** Whether a person can be asked: client-go's word, else what the terminal looks like. */
  interactive(terminal: boolean): boolean;
  /** PEM of the CA by which the kubeconfig trusts the server, where that is this hub. */
  caOf(hub: string): string | undefined;
}

/** Reads the variable; what cannot be read of it says nothing. */
export function parseExecInfo(text: string | undefined): ExecInfo {
  const spec = fieldOf(parsed(text ?? ''), 'spec');
  const told = fieldOf(spec, 'interactive');
  const cluster = fieldOf(spec, 'cluster');
  const server = fieldOf(cluster, 'server');
  const data = fieldOf(cluster, 'certificate-authority-data');
  return Object.freeze({
    interactive: (terminal: boolean) => (typeof told === 'boolean' ? told : terminal),
    caOf: (hub: string) =>
      typeof data === 'string' && typeof server === 'string' && `${server}/`.startsWith(`${hub}/`)
        ? Buffer.from(data, 'base64').toString('utf8')
        : undefined,
  });
}

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
