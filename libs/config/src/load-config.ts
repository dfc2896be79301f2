import { DroverError } from '@drover/errors';
import Type, { type StaticDecode, type TObject, type TProperties, type TSchema } from 'typebox';
import Value from 'typebox/value';

/**
 * Reads the variables that `settings` names from `env`, once: fills defaults, checks, decodes, freezes. An empty variable
 * counts as absent, since compose files and systemd units cannot unset one.
 *
 * @param settings one entry for each variable, by its name, made by the builders of this library
 * @throws DroverError `config-invalid` that names every wrong variable, what is expected, and what it is for
 * @example
 * const config = loadConfig(
 *   { DROVER_LISTEN: hostPort({ default: '127.0.0.1:8443', description: 'where the front door listens' }) },
 *   process.env,
 * );
 * config.DROVER_LISTEN.port; // 8443
 */
export function loadConfig<Settings extends TProperties>(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<StaticDecode<TObject<Settings>>> {
  const raw: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const value = env[name] || defaultOf(setting);
    if (value !== undefined) raw[name] = value;
    if (value === undefined ? !Type.IsOptional(setting) : !Value.Check(setting, value)) {
      problems.push(problem(name, setting, value));
    }
  }
  if (problems.length > 0) {
    throw new DroverError('config-invalid', problems.join('; '), { details: { variables: problems.length } });
  }
  return Object.freeze(Value.Decode(Type.Object(settings), raw));
}

const annotation = (setting: TSchema, key: string): unknown => Reflect.get(setting, key);

function defaultOf(setting: TSchema): string | undefined {
  const value = annotation(setting, 'default');
  return typeof value === 'string' ? value : undefined;
}

function problem(name: string, setting: TSchema, value: string | undefined): string {
  const expected = String(annotation(setting, 'expected') ?? 'another value');
  const purpose = annotation(setting, 'description');
  const found =
    value === undefined
      ? 'it is not set'
      : annotation(setting, 'writeOnly')
        ? 'it is not'
        : `it is ${JSON.stringify(value)}`;
  return `${name} must be ${expected}, but ${found}${typeof purpose === 'string' ? ` (${purpose})` : ''}`;
}
