import type { DeviceAsk } from '../sign-in/oauth-grants.ts';
import { html } from './html.ts';
import { formField, note, type Page } from './layout.ts';
import { agentName, timeText } from './words.ts';

/** `GET /v1/oauth/authorize`: whether a program on this computer may act as who is signed in. */
export const authorizePage = (view: {
  readonly user: string;
  readonly formToken: string;
  readonly fields: Readonly<Record<string, string>>;
}): Page => ({
  title: 'Allow the command line',
  body: html`<section class="card"><h1>Allow the Drover command line?</h1>
<p class="lead">A program on this computer asks to act as <strong>${view.user}</strong> on this hub and its clusters.</p>
<p>Continue only if you have just run <code>drover login</code> yourself.</p>
<form method="post" action="/v1/oauth/authorize" class="stack">${formField(view.formToken)}
${Object.entries(view.fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button name="decision" value="allow">Allow</button>
<button class="second" name="decision" value="deny">Cancel</button></form></section>`,
});

/** `GET /device`: the code that a machine without a browser shows. */
export const devicePage = (view: {
  readonly user: string;
  readonly formToken: string;
  readonly userCode: string;
  readonly error?: string;
}): Page => ({
  title: 'Connect a machine',
  body: html`<section class="card"><h1>Connect a machine</h1>
<p class="lead">Type the code that <code>drover login --device</code> shows there.</p>
<form method="post" action="/device">${formField(view.formToken)}
<div class="field"><label for="code">Code</label>
<input class="code" id="code" name="user_code" value="${view.userCode}" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required maxlength="20" placeholder="XXXX-XXXX" autofocus${
    view.error === undefined ? undefined : html` aria-invalid="true" aria-describedby="code-error"`
  }>
${view.error === undefined ? undefined : html`<span class="error" id="code-error" role="alert">${view.error}</span>`}</div>
<button>Continue</button></form>
<p class="soft">Signed in as ${view.user}.</p></section>`,
});

/** Before a machine is let in: what is known of it, since somebody else may have sent the code (RFC 8628, 5.4). */
export const deviceConfirmPage = (view: {
  readonly user: string;
  readonly formToken: string;
  readonly userCode: string;
  readonly ask: DeviceAsk;
}): Page => ({
  title: 'Allow this machine',
  body: html`<section class="card"><h1>Allow this machine?</h1>
<p class="lead">It will act as <strong>${view.user}</strong> on this hub and its clusters.</p>
<dl><dt>Code</dt><dd>${hyphenated(view.userCode)}</dd><dt>Program</dt><dd>${agentName(view.ask.userAgent)}</dd>
<dt>Address</dt><dd>${view.ask.source}</dd><dt>Asked at</dt><dd>${timeText(view.ask.askedAtMs)}</dd></dl>

${note('Allow it only if you started this yourself. If somebody sent you the code, cancel.', true)}
<form method="post" action="/device/decision" class="stack">${formField(view.formToken)}
<input type="hidden" name="user_code" value="${view.userCode}">
<button name="decision" value="allow">Allow</button>
<button class="second" name="decision" value="deny">Cancel</button></form></section>`,
});

/** As the machine shows it. */
const hyphenated = (code: string): string => code.replace(/^([A-Z]{4})([A-Z]{4})$/, '$1-$2');
