import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { request } from 'undici';
import { passwordOf, startTestHub, type TestHub } from '../threats/hub.ts';
import { newPerson, photograph, startBrowser, withoutBrowser } from './browser.ts';

describe('the pages in Chromium', { skip: withoutBrowser, timeout: 120_000 }, () => {
  let hub: TestHub;
  let browser: Browser;
  const running = new AsyncDisposableStack();
  before(async () => {
    hub = running.use(await startTestHub());
    browser = await startBrowser();
    running.defer(() => browser.close());
    await hub.createUser('alice', ['developers']);
  });
  after(() => running.disposeAsync());

  async function signIn(page: Page, user = 'alice'): Promise<void> {
    await page.getByLabel('Username').fill(user);
    await page.getByLabel('Password').fill(passwordOf(user));
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  async function person(): Promise<{ context: BrowserContext; page: Page }> {
    const context = await newPerson(browser);
    return { context, page: await context.newPage() };
  }

  const form = async (path: string, fields: Record<string, string>): Promise<{ status: number; json: never }> => {
    const dispatcher = new (await import('undici')).Agent({ connect: { ca: hub.ca } });
    try {
      const answer = await request(new URL(path, hub.url), {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'drover/0.1.0 (Linux)' },
        body: new URLSearchParams(fields).toString(),
      });
      return { status: answer.statusCode, json: (await answer.body.json()) as never };
    } finally {
      await dispatcher.close();
    }
  };

  test('signing in with a wrong password and then the right one, and out again', async () => {
    const { context, page } = await person();
    await page.goto(`${hub.url}/account`);
    assert.equal(new URL(page.url()).pathname, '/login');
    await photograph(page, 'login');
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password').fill('a wrong password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    assert.equal(await page.getByRole('alert').textContent(), 'The username or the password is wrong.');
    assert.equal(await page.getByLabel('Username').inputValue(), 'alice');
    assert.equal(await page.getByLabel('Password').inputValue(), '');
    await photograph(page, 'login-refused');
    await signIn(page);
    assert.equal(new URL(page.url()).pathname, '/account');
    const cookies = await context.cookies();
    const session = cookies.find(({ name }) => name === '__Host-drover-session');
    assert.deepEqual([session?.httpOnly, session?.secure, session?.sameSite, session?.path], [true, true, 'Lax', '/']);
    await hub.call('/v1/tokens', {
      method: 'POST',
      token: await tokenOf('alice'),
      body: { description: 'build server' },
    });
    await page.reload();
    await photograph(page, 'account');
    await page.getByRole('button', { name: 'Sign out' }).click();
    assert.match((await page.getByRole('status').textContent()) ?? '', /You are signed out/);
    await photograph(page, 'signed-out');
    await page.goto(`${hub.url}/account`);
    assert.equal(new URL(page.url()).pathname, '/login');
    await context.close();
  });

  const tokenOf = async (user: string): Promise<string> =>
    String(
      (await hub.call('/v1/login', { method: 'POST', body: { username: user, password: passwordOf(user) } })).json[
        'token'
      ],
    );

  test('a session that is ended on the account page is refused everywhere', async () => {
    const first = await person();
    const second = await person();
    for (const { page } of [first, second]) {
      await page.goto(`${hub.url}/login`);
      await signIn(page);
    }
    await first.page.goto(`${hub.url}/account`);
    const others = first.page.getByRole('button', { name: /^End the session/ });
    while ((await others.count()) > 0) await others.first().click();
    await second.page.goto(`${hub.url}/account`);
    assert.equal(new URL(second.page.url()).pathname, '/login');
    await first.page.goto(`${hub.url}/account`);
    assert.equal(new URL(first.page.url()).pathname, '/account');
    await first.context.close();
    await second.context.close();
  });

  test('the command line is allowed by the browser, and redeems its code once', async () => {
    const { context, page } = await person();
    const answers: URL[] = [];
    const listener = createServer((asked, answer) => {
      answers.push(new URL(asked.url ?? '/', 'http://127.0.0.1'));
      answer.end('done');
    });
    await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
    const redirectUri = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/callback`;
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'drover-cli',
      redirect_uri: redirectUri,
      state: 'the state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    await page.goto(`${hub.url}/v1/oauth/authorize?${query}`);
    await signIn(page);
    await photograph(page, 'authorize');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(/^http:\/\/127/);
    listener.close();
    const [answer] = answers;
    assert.equal(answer?.searchParams.get('state'), 'the state');
    assert.equal(answer?.searchParams.get('iss'), hub.url);
    const redeem = {
      grant_type: 'authorization_code',
      client_id: 'drover-cli',
      code: answer?.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
    };
    const redeemed = await form('/v1/oauth/token', redeem);
    const { access_token: token, refresh_token: refreshToken } = redeemed.json as Record<string, string>;
    assert.equal((await hub.call('/apis/drover.dev/v1/users/alice', { token: token ?? '' })).status, 200);
    assert.equal((await form('/v1/oauth/token', redeem)).status, 400);
    const renew = { grant_type: 'refresh_token', client_id: 'drover-cli', refresh_token: refreshToken ?? '' };
    assert.equal((await form('/v1/oauth/token', renew)).status, 200);
    await context.close();
  });

  test('a machine without a browser is let in by its code', async () => {
    const { context, page } = await person();
    const begun = await form('/v1/oauth/device_authorization', { client_id: 'drover-cli' });
    const { device_code: deviceCode = '', user_code: userCode = '' } = begun.json as Record<string, string>;
    const poll = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'drover-cli',
      device_code: deviceCode,
    };
    assert.equal(((await form('/v1/oauth/token', poll)).json as { error: string }).error, 'authorization_pending');
    await page.goto(`${hub.url}/device`);
    await signIn(page);
    await page.getByLabel('Code').fill('bbbb-bbbb');
    await page.getByRole('button', { name: 'Continue' }).click();
    assert.match((await page.getByRole('alert').textContent()) ?? '', /No machine shows this code/);
    await photograph(page, 'device');
    await page.getByLabel('Code').fill(userCode.toLowerCase().replace('-', ''));
    await page.getByRole('button', { name: 'Continue' }).click();
    await photograph(page, 'device-confirm');
    await page.getByRole('button', { name: 'Allow' }).click();
    assert.match((await page.getByRole('heading').first().textContent()) ?? '', /connected/);
    await photograph(page, 'device-done');
    await context.close();
  });

  test('a choice of providers; one that does not answer is told in words, and the others go on', async () => {
    const provider = (name: string, spec: object): Promise<unknown> => {
      const body = {
        apiVersion: 'drover.dev/v1',
        kind: 'AuthProvider',
        metadata: { name },
        spec: { enabled: true, ...spec },
      };
      return hub.call('/apis/drover.dev/v1/authproviders', { method: 'POST', token: hub.adminToken, body });
    };
    const access = { mode: 'anyone' };
    const github = { clientId: 'x', clientSecret: 'y' };
    await provider('github', { type: 'github', displayName: 'GitHub', access, github });
    const ldap = { servers: ['ldaps://127.0.0.1:1'], users: { base: 'dc=corp,dc=example' } };
    await provider('corp', { type: 'ldap', displayName: 'Corp directory', access, ldap });
    const { context, page } = await person();
    await page.goto(hub.url);
    assert.equal(new URL(page.url()).pathname, '/login');
    await photograph(page, 'login-choice');
    await page.locator('#corp-username').fill('alice');
    await page.locator('#corp-password').fill('anything');
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    assert.match((await page.getByRole('alert').textContent()) ?? '', /Corp directory does not answer at the moment/);
    await photograph(page, 'login-unavailable');
    await page.getByText('Use a Drover account').click();
    await page.locator('#local-username').fill('alice');
    await page.locator('#local-password').fill(passwordOf('alice'));
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    assert.equal(new URL(page.url()).pathname, '/account');
    await context.close();
  });

  test('a first password that somebody else chose is changed on the way in', async () => {
    const body = { username: 'fred', password: 'chosen by somebody else', mustChange: true };
    await hub.call('/v1/users', { method: 'POST', token: hub.adminToken, body });
    const { context, page } = await person();
    await page.goto(`${hub.url}/login`);
    const isOpen = (await page.locator('#local-password').isVisible()) || undefined;
    if (isOpen === undefined) await page.getByText('Use a Drover account').click();
    await page.locator('#local-username').fill('fred');
    await page.locator('#local-password').fill('chosen by somebody else');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    await photograph(page, 'first-password');
    await page.locator('#local-password').fill('chosen by somebody else');
    await page.getByLabel('New password').fill('a password of my own choice');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    assert.equal(new URL(page.url()).pathname, '/account');
    await context.close();
  });

  test('a page that is not there, and one that is too old, say so in words', async () => {
    const { context, page } = await person();
    await page.goto(`${hub.url}/login/nowhere/callback?state=x`);
    await photograph(page, 'error');
    assert.match((await page.getByRole('alert').textContent()) ?? '', /No provider/);
    await context.close();
  });
});
