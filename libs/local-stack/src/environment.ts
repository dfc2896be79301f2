/** What every process may know of the machine; nothing of this process's own settings is passed on by chance. */
const inheritedNames = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];
/** By which a package manager reaches its archive. */
const proxyNames = ['http_proxy', 'https_proxy', 'no_proxy'];

const pick = (names: readonly string[]): Readonly<Record<string, string>> =>
  Object.freeze(Object.fromEntries(names.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : []))));

/** What services get of this process's environment, which this library reads here and nowhere else. */
export const inheritedEnvironment = pick(inheritedNames);

/** What a package manager gets of it. */
export const installEnvironment = pick([...inheritedNames, ...proxyNames]);

/** The folders where programs are looked for, as the environment lists them. */
export const searchPath: string = inheritedEnvironment['PATH'] ?? '';
