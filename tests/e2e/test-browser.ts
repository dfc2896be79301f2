/**
 * A browser without a person, for DROVER_BROWSER: `node test-browser.ts URL USER PASSWORD CA-FILE`. It keeps cookies,
 * follows redirects, fills in what asks for a password, and allows what asks for leave, as somebody in a hurry would.
 */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';

/** Pages between a link and the end of a sign-in. */
const maxSteps = 20;

export interface Person {
  readonly user: string;
  readonly password: string;
  /** What is written into fields of pages: the code of a device. */
  readonly fields?: Readonly<Record<string, string>>;
}

interface Visit {
  readonly url: URL;
  /** What is sent; absent: the page is only looked at. */
  readonly form?: URLSearchParams;
}

/** Goes where the URL leads. Returns the text of the last page. */
export async function browse(url: string, person: Person, ca: string): Promise<string> {
  const dispatcher = new Agent({ connect: { ca } });
  try {
    return await follow(url, person, dispatcher);
  } finally {
    await dispatcher.close();
  }
}

async function follow(url: string, person: Person, dispatcher: Agent): Promise<string> {
  const cookies = new Map<string, string>();
  const toDo: Visit[] = [{ url: new URL(url) }];
  let page = '';
  for (const [step, { url: at, form }] of toDo.entries()) {
    if (step > maxSteps) throw new Error(`there is no end to it: ${at}\n${page}`);
    // the program that waits on the loopback gets no cookie of the hub
    const ofHub = at.protocol === 'https:';
    const cookie = [...cookies].map(pair => pair.join('=')).join('; ');
    const answer = await request(at, {
      ...(ofHub ? { dispatcher } : {}),
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'text/html',
        ...(ofHub && cookie !== '' ? { cookie } : {}),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin: at.origin }),
      },
      ...(form === undefined ? {} : { body: form.toString() }),
    });
    page = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(`${at}: ${answer.statusCode} ${page}`);
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const { location } = answer.headers;
    const next = typeof location === 'string' ? { url: new URL(location, at) } : filledIn(page, at, person);
    if (next !== undefined) toDo.push(next);
  }
  return page;
}

/** The form of a page that a person would send; undefined: there is none. */
function filledIn(page: string, at: URL, { user, password, fields = {} }: Person): Visit | undefined {
  for (const [, attributes = '', inside = ''] of page.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)) {
    const controls = [...inside.matchAll(/<(input|button)\b([^>]*)>/g)].map(([, tag, text = '']) => ({
      name: attributeOf(text, 'name') ?? '',
      type: attributeOf(text, 'type') ?? (tag === 'input' ? 'text' : 'submit'),
      value: attributeOf(text, 'value') ?? '',
    }));
    const wanted = controls.some(({ name, type, value }) => type === 'password' || value === 'allow' || name in fields);
    if (!wanted) continue;
    const form = new URLSearchParams();
    for (const { name, type, value } of controls) {
      if (name === '') continue;
      if (type === 'password') form.set(name, password);
      else if (type === 'hidden' || value === 'allow') form.set(name, value);
      else if (type === 'text') form.set(name, fields[name] ?? user);
    }
    return { url: new URL(attributeOf(attributes, 'action') ?? at.href, at), form };
  }
  return undefined;
}

function attributeOf(attributes: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
  return found?.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}

if (import.meta.main) {
  const [url = '', user = '', password = '', caFile = ''] = process.argv.slice(2);
  console.log(await browse(url, { user, password }, await readFile(caFile, 'utf8')));
}
