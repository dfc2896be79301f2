import type { OpenProvider } from '../sign-in/providers.ts';
import { type Html, html } from './html.ts';
import { formField, note, type Page } from './layout.ts';

/** What the login page shows. */
export interface LoginView {
  readonly providers: readonly OpenProvider[];
  readonly next: string;
  readonly formToken: string;
  readonly hub: string;
  /** Something that is true of the whole page. */
  readonly notice?: { readonly text: string; readonly bad: boolean };
  /** What was wrong with a password form that was sent. */
  readonly refused?: {
    readonly provider: string;
    readonly username: string;
    readonly why: string;
    /** Asks for another password beside the one that is known. */
    readonly change?: boolean;
  };
}

const labelOf = ({ object }: OpenProvider): string => object.spec.displayName ?? object.metadata.name;

/** `GET /login`: the choice of providers. */
export function loginPage(view: LoginView): Page {
  const { providers, notice, hub } = view;
  const redirects = providers.filter(({ signIn }) => signIn.kind === 'redirect');
  const passwords = providers.filter(({ signIn }) => signIn.kind === 'password');
  const [first, ...others] = passwords;
  return {
    title: 'Sign in',
    footless: true,
    body: html`<section class="card"><h1>Sign in</h1>
<p class="lead">to ${hub}</p>
${notice === undefined ? undefined : note(notice.text, notice.bad)}
${providers.length === 0 ? note('No way to sign in is enabled on this hub.', true) : undefined}
${redirects.length === 0 ? undefined : html`<div class="stack">${redirects.map(one => redirectForm(one, view))}</div>`}
${redirects.length > 0 && first !== undefined ? html`<p class="or">or</p>` : undefined}
${first === undefined ? undefined : passwordForm(first, view, passwords.length > 1 || redirects.length > 0)}
${others.map(other => otherForm(other, view))}</section>`,
  };
}

const hiddenFields = ({ formToken, next }: LoginView): Html =>
  html`${formField(formToken)}<input type="hidden" name="next" value="${next}">`;

const redirectForm = (one: OpenProvider, view: LoginView): Html =>
  html`<form method="post" action="/login/${one.object.metadata.name}">${hiddenFields(view)}
<button class="second">Continue with ${labelOf(one)}</button></form>`;

/** Open where it was the one that was sent. */
const otherForm = (one: OpenProvider, view: LoginView): Html =>
  html`<details${view.refused?.provider === one.object.metadata.name ? html` open` : undefined}>
<summary>Use a ${labelOf(one)}</summary>${passwordForm(one, view, false, true)}</details>`;

function passwordForm(one: OpenProvider, view: LoginView, isNamed: boolean, isOther = false): Html {
  const { name } = one.object.metadata;
  const refused = view.refused?.provider === name ? view.refused : undefined;
  const id = (field: string): string => `${name}-${field}`;
  const focus = (wanted: boolean): Html | undefined => (wanted ? html` autofocus` : undefined);
  return html`<form method="post" action="/login/${name}">${hiddenFields(view)}
${isNamed ? html`<h2>${labelOf(one)}</h2>` : undefined}
<div class="field"><label for="${id('username')}">Username</label>
<input id="${id('username')}" name="username" value="${refused?.username}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="253"${focus(view.refused === undefined && !isOther)}></div>
<div class="field"><label for="${id('password')}">Password</label>
<input id="${id('password')}" name="password" type="password" autocomplete="current-password" required maxlength="4096"${
    refused === undefined ? undefined : html` aria-invalid="true" aria-describedby="${id('error')}" autofocus`
  }>
${refused === undefined ? undefined : html`<span class="error" id="${id('error')}" role="alert">${refused.why}</span>`}</div>
${refused?.change === true ? newPasswordField(id('new-password')) : undefined}
<button>Sign in</button></form>`;
}

const newPasswordField = (id: string): Html => html`<div class="field"><label for="${id}">New password</label>
<input id="${id}" name="new-password" type="password" autocomplete="new-password" required maxlength="4096"></div>`;

/** Between the hub and a provider; without a word of script, the browser goes on by itself. */
export const onwardPage = (provider: string, url: string): Page => ({
  title: `Going to ${provider}`,
  goTo: url,
  body: html`<section class="card"><h1>Going to ${provider}</h1>
<p class="lead">You sign in there, and come back.</p>
<a class="button second" href="${url}">Continue</a></section>`,
});
