import { groupsOf, type Token, type User } from '@drover/contracts';
import type { LoginSession } from '@drover/sessions';
import type { OpenProvider } from '../sign-in/providers.ts';
import { type Html, html } from './html.ts';
import { formField, note, type Page } from './layout.ts';
import { agentName, timeText } from './words.ts';

/** What the account page shows. */
export interface AccountView {
  readonly user: User;
  readonly provider: string;
  readonly sessionId: string;
  /** Undefined: they cannot be told at the moment. */
  readonly sessions: readonly LoginSession[] | undefined;
  readonly tokens: readonly Token[];
  /** Providers by which this user could sign in too. */
  readonly linkable: readonly OpenProvider[];
  readonly formToken: string;
  readonly notice?: { readonly text: string; readonly bad: boolean };
}

/** `GET /account`: who one is, and by what one can be it. */
export function accountPage(view: AccountView): Page {
  const { user, notice } = view;
  const { name } = user.metadata;
  return {
    title: name,
    wide: true,
    body: html`${notice === undefined ? undefined : note(notice.text, notice.bad)}
<section class="card"><div class="head"><div><h1>${user.spec.displayName ?? name}</h1>
<p class="lead">${user.spec.displayName === undefined ? undefined : html`${name}, `}signed in by ${view.provider}</p></div>
<form method="post" action="/logout">${formField(view.formToken)}<button class="second small">Sign out</button></form></div>
<dl>${groupFacts(user)}${(user.status?.identities ?? []).map(
      one =>
        html`<dt>${one.provider}</dt><dd>${one.username}${one.email === undefined ? undefined : html`, ${one.email}`}</dd>`,
    )}</dl>
${view.linkable.map(one => linkForm(one, view.formToken))}</section>
<section class="card"><h2>Sessions</h2>${sessionRows(view)}</section>
<section class="card"><h2>Tokens</h2>${tokenRows(view)}</section>`,
  };
}

function groupFacts(user: User): Html {
  const groups = groupsOf(user);
  const shown =
    groups.length === 0
      ? html`<span class="soft">none</span>`
      : html`<span class="groups">${groups.map(group => html`<span class="tag">${group}</span>`)}</span>`;
  return html`<dt>Groups</dt><dd>${shown}</dd>`;
}

const linkForm = ({ object }: OpenProvider, formToken: string): Html => {
  const { name } = object.metadata;
  return html`<form class="link" method="post" action="/link/${name}">${formField(formToken)}
<button class="second small">Also sign in by ${object.spec.displayName ?? name}</button></form>`;
};

function sessionRows({ sessions, sessionId, formToken }: AccountView): Html {
  if (sessions === undefined) return html`<p class="soft">Sessions cannot be shown at the moment; yours goes on.</p>`;
  return html`<ul class="rows">${sessions.map(
    ({ id, userAgent, source, startedAtMs, seenAtMs, endsAtMs }) => html`<li><div>
<span class="what">${agentName(userAgent)}</span>${id === sessionId ? html`<span class="tag">this one</span>` : undefined}<br>
<span class="soft">from ${source}, since ${timeText(startedAtMs)}, last used ${timeText(seenAtMs)}, ends ${timeText(endsAtMs)}</span></div>
${id === sessionId ? undefined : endForm(`/account/sessions/${id}/end`, 'End', `End the session ${agentName(userAgent)} from ${source}`, formToken)}</li>`,
  )}</ul>`;
}

function tokenRows({ tokens, formToken }: AccountView): Html {
  if (tokens.length === 0) {
    return html`<p class="soft">None. <code>drover token create</code> makes one for a program.</p>`;
  }
  return html`<ul class="rows">${tokens.map(
    ({ metadata: { name, creationTimestamp }, spec }) => html`<li><div>
<span class="what">${spec.description ?? `Token ${name}`}</span><br>
<span class="soft">${spec.description === undefined ? undefined : html`${name}, `}made ${timeText(Date.parse(creationTimestamp))}${
      spec.expiresAt === undefined ? undefined : html`, ends ${timeText(Date.parse(spec.expiresAt))}`
    }${spec.clusters === undefined ? undefined : html`, for ${spec.clusters.join(', ')}`}</span></div>
${endForm(`/account/tokens/${name}/revoke`, 'Revoke', `Revoke the token ${spec.description ?? name}`, formToken)}</li>`,
  )}</ul>`;
}

const endForm = (action: string, text: string, label: string, formToken: string): Html =>
  html`<form method="post" action="${action}">${formField(formToken)}<button class="second small" aria-label="${label}">${text}</button></form>`;
