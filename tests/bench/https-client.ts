import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';

export interface HttpsAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** One request on a connection of its own, verified by the CA of the given file. */
export async function ask(
  url: string,
  {
    ca,
    method = 'GET',
    token,
    json,
  }: { readonly ca: string; readonly method?: string; readonly token?: string; readonly json?: unknown },
): Promise<HttpsAnswer> {
  const call = request(url, {
    method,
    ca: await readFile(ca),
    agent: false,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
  });
  call.end(json === undefined ? undefined : JSON.stringify(json));
  const [answer] = await once(call, 'response');
  return { status: answer.statusCode, body: await buffer(answer) };
}

/** Whether something answers there at all. */
export async function answers(url: string, ca: string): Promise<boolean> {
  return ask(url, { ca }).then(
    ({ status }) => status < 500,
    () => false,
  );
}
