import { Agent, request } from 'undici';

/** More redirects are a loop. */
const maxRedirects = 20;

/**
 * Goes where a browser would go from `url`, with a jar of cookies of its own, until it is sent to what begins with `until`;
 * that last URL is not asked for.
 */
export async function browseUntil(url: string, until: string, ca: string): Promise<URL> {
  const dispatcher = new Agent({ connect: { ca } });
  const jar = new Map<string, string>();
  try {
    let at = new URL(url);
    for (let left = maxRedirects; left > 0; left--) {
      if (at.href.startsWith(until)) return at;
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await request(at, { dispatcher, headers: { accept: 'text/html', cookie } });
      const text = await answer.body.text();
      for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
        if (value === '') jar.delete(name);
        else jar.set(name, value);
      }
      const { location } = answer.headers;
      if (typeof location !== 'string')
        throw new Error(`${at.href} answers ${answer.statusCode}: ${text.slice(0, 2_000)}`);
      at = new URL(location, at);
    }
    throw new Error(`more than ${maxRedirects} redirects from ${url}`);
  } finally {
    await dispatcher.close();
  }
}
