import { Html, html } from './html.ts';
import { style } from './style.ts';

/** A herd that goes one way. */
const mark = `<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M4 8h7l8 8h9M4 16h6M4 24h7l8-8M23 11l5 5-5 5"/></svg>`;
const icon = `data:image/svg+xml,${encodeURIComponent(mark.replace('currentColor', '#0a8088').replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" '))}`;

/** What a page is made of. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  /** For lists; otherwise a card's width. */
  readonly wide?: boolean;
  /** The page says by itself where one is. */
  readonly footless?: boolean;
  /** Where the browser goes at once, which a redirect from a form could not reach under the policy of its page. */
  readonly goTo?: string;
}

/** A whole document. `hub`: the host, so that people see where they are. */
export const document = ({ title, body, wide = false, footless = false, goTo }: Page, hub: string): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${goTo === undefined ? undefined : html`<meta http-equiv="refresh" content="0;url=${goTo}">`}
<title>${title} – Drover</title>
<link rel="icon" href="${icon}">
${new Html(`<style>${style}</style>`)}
</head>
<body>
<a class="brand" href="/account">${new Html(mark)}<span>Drover</span></a>
<main${wide ? new Html(' class="wide"') : undefined}>
${body}
</main>
${footless ? undefined : html`<footer>${hub}</footer>`}
</body>
</html>
`.text;

/** A short message of the state of things. `bad`: something went wrong. */
export const note = (text: string, bad = false): Html =>
  html`<div class="note${bad ? ' bad' : ''}" role="${bad ? 'alert' : 'status'}"><p>${text}</p></div>`;

/** The field by which a form shows that it is the hub's own. */
export const formField = (token: string): Html => html`<input type="hidden" name="form" value="${token}">`;

/** A page that says one thing, with a way on. */
export const messagePage = (
  title: string,
  text: string,
  { bad = false, action }: { bad?: boolean; action?: { href: string; text: string } } = {},
): Page => ({
  title,
  body: html`<section class="card"><h1>${title}</h1>
${bad ? html`<p class="lead" role="alert">${text}</p>` : html`<p class="lead" role="status">${text}</p>`}
${action === undefined ? undefined : html`<a class="button second" href="${action.href}">${action.text}</a>`}</section>`,
});
