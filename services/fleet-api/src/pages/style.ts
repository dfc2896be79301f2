import { createHash } from 'node:crypto';

/** The one style sheet of the pages: system fonts, one accent, light and dark. It stands in each page, so that one answer is all. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f4f6f7; --card: #ffffff; --line: #d5dce0; --ink: #172026; --soft: #54626b;
  --accent: #0a6870; --accent-deep: #075057; --on-accent: #ffffff; --field: #84929b;
  --bad: #a3231b; --bad-ground: #fdf1f0; --good: #0a6870; --good-ground: #edf6f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101518; --card: #181f23; --line: #2d383e; --ink: #e8eef0; --soft: #a3b1b8;
    --accent: #63c5c4; --accent-deep: #8bd8d6; --on-accent: #06201f; --field: #6f7f88;
    --bad: #ff9a90; --bad-ground: #331a18; --good: #63c5c4; --good-ground: #14292a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center;
  background: var(--ground); color: var(--ink); padding: 2.5rem 1rem 1.5rem;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
}
.brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1.5rem; color: var(--ink); text-decoration: none; }
.brand svg { width: 1.75rem; height: 1.75rem; color: var(--accent); }
.brand span { font-size: 1.125rem; font-weight: 650; letter-spacing: .01em; }
main { width: 100%; max-width: 25rem; }
main.wide { max-width: 46rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.75rem; }
.card + .card { margin-top: 1rem; }
h1 { font-size: 1.375rem; line-height: 1.3; font-weight: 650; margin: 0 0 .25rem; }
h2 { font-size: 1.0625rem; line-height: 1.4; font-weight: 650; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; }
.lead { color: var(--soft); margin-bottom: 1.5rem; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .875rem; }
a { color: var(--accent); text-underline-offset: .15em; }
a:hover { color: var(--accent-deep); }
form { margin: 0; }
.field { margin: 0 0 1rem; }
label { display: block; font-weight: 550; font-size: .9375rem; margin: 0 0 .375rem; }
input {
  width: 100%; font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--field);
  border-radius: .5rem; padding: .5625rem .75rem; min-height: 2.75rem;
}
input[aria-invalid="true"] { border-color: var(--bad); }
input.code { font: 1.375rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; letter-spacing: .12em; text-align: center; text-transform: uppercase; }
.error { display: block; color: var(--bad); font-size: .9375rem; margin: .375rem 0 0; }
.note { border: 1px solid var(--line); border-left: .25rem solid var(--good); background: var(--good-ground); border-radius: .5rem; padding: .75rem 1rem; margin: 0 0 1.25rem; }
dl + .note { margin-top: 1.25rem; }
.note.bad { border-left-color: var(--bad); background: var(--bad-ground); }
.note p:last-child { margin: 0; }
button, .button {
  display: block; width: 100%; font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  border: 1px solid var(--accent); border-radius: .5rem; padding: .5625rem 1rem; min-height: 2.75rem;
  background: var(--accent); color: var(--on-accent);
}
button:hover, .button:hover { background: var(--accent-deep); border-color: var(--accent-deep); color: var(--on-accent); }
button.second, .button.second { background: transparent; border-color: var(--field); color: var(--ink); }
button.second:hover, .button.second:hover { background: var(--ground); border-color: var(--ink); color: var(--ink); }
button.small { width: auto; min-height: 2.25rem; padding: .25rem .875rem; font-size: .875rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.stack > * + * { margin-top: .75rem; }
.or { display: flex; align-items: center; gap: .75rem; color: var(--soft); font-size: .875rem; margin: 1.25rem 0; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
details { margin-top: 1.25rem; border-top: 1px solid var(--line); padding-top: 1rem; }
summary { cursor: pointer; color: var(--accent); font-weight: 550; border-radius: .25rem; }
details[open] summary { margin-bottom: 1rem; }
code { white-space: nowrap; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .375rem 1.25rem; margin: 0; }
dl + *, .card > form + p, .head + dl { margin-top: 1.25rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.rows { list-style: none; margin: 0; padding: 0; }
.rows li { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem; padding: .75rem 0; border-top: 1px solid var(--line); }
.rows li:first-child { border-top: 0; padding-top: 0; }
.rows li:last-child { padding-bottom: 0; }
.rows div { min-width: 0; flex: 1 1 14rem; overflow-wrap: anywhere; }
.rows .what { font-weight: 550; }
.tag { display: inline-block; font-size: .8125rem; font-weight: 550; color: var(--good); background: var(--good-ground); border-radius: 1rem; padding: .0625rem .625rem; margin-left: .375rem; }
.groups { display: flex; flex-wrap: wrap; gap: .375rem; }
.groups .tag { margin: 0; max-width: 100%; overflow-wrap: anywhere; }
.head { display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: .75rem; }
.link { margin-top: 1rem; }
.head .lead { margin-bottom: 0; }
.head form { flex: none; }
.card > :last-child { margin-bottom: 0; }
footer { margin-top: auto; padding-top: 2rem; color: var(--soft); font-size: .8125rem; text-align: center; overflow-wrap: anywhere; }
@media (max-width: 30rem) { body { padding-top: 1.5rem; } .card { padding: 1.25rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .625rem; } }
`;

/** By which a Content-Security-Policy lets this style sheet in, and no other. */
export const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
