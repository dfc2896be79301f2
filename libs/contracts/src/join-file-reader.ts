import { DroverError } from '@drover/errors';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import type { JoinFile } from './join-file.ts';

/** A join file is a few KB; one that is larger is something else. */
const maxBytes = 256 * 1024;
const text = Type.String({ minLength: 1 });
const https = Type.String({ pattern: '^https://[^/]' });

const schema = Type.Object({
  apiVersion: Type.Literal('drover.dev/v1'),
  kind: Type.Literal('ClusterJoin'),
  cluster: Type.Object({ name: text, uid: text }),
  hub: Type.Object({
    id: text,
    url: https,
    tunnelUrls: Type.Array(https, { minItems: 1 }),
    ca: Type.String({ pattern: '-----BEGIN CERTIFICATE-----' }),
    identityKeys: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown()), { minItems: 1 }) }),
    userPrefix: Type.Optional(text),
  }),
  joinToken: text,
  expiresAt: text,
});

/**
 * A join file from its YAML or JSON text. It throws `config-invalid`, which names the wrong field and never its value
 * (the file holds a secret, T19).
 *
 * @example
 * const join = readJoinFile(await readFile('alpha.join', { encoding: 'utf8', signal }));
 */
export function readJoinFile(source: string): JoinFile {
  if (Buffer.byteLength(source) > maxBytes) throw wrong('it is too large');
  let value: unknown;
  try {
    value = parse(source);
  } catch {
    throw wrong('it is neither YAML nor JSON');
  }
  if (Value.Check(schema, value)) return value satisfies Static<typeof schema>;
  const [first] = Value.Errors(schema, value);
  const where = first?.instancePath === undefined || first.instancePath === '' ? 'the document' : first.instancePath;
  throw wrong(`${where} ${first?.message ?? 'is wrong'}`);
}

const wrong = (what: string): DroverError =>
  new DroverError('config-invalid', `this is not a join file of \`drover cluster import\`: ${what}`);
