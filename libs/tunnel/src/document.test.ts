import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { frameType } from './frames.ts';
import { versions } from './handshake.ts';
import { limits } from './limits.ts';
import { resetCodes } from './reset.ts';
import { maxMessageBytes, tunnelSubprotocol } from './websocket-transport.ts';

const document = readFileSync(new URL('../../../docs/tunnel-protocol.md', import.meta.url), 'utf8');

/** The first two cells of each row of the table under a heading. */
function rows(heading: string): [string, string][] {
  const section = document.split(`## ${heading}\n`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? '';
  const lines = section.split('\n');
  return lines
    .slice(lines.findIndex(line => line.startsWith('| --- ')) + 1)
    .filter(line => line.startsWith('| '))
    .map(line => line.split('|').map(cell => cell.trim().replaceAll('`', '')))
    .map(([, first = '', second = '']) => [first, second]);
}

test('docs/tunnel-protocol.md has every limit, with its value, in the source’s order', () => {
  assert.deepEqual(
    rows('Limits'),
    Object.entries(limits).map(([name, value]) => [name, String(value)]),
  );
});

test('docs/tunnel-protocol.md has every reset code, with its number', () => {
  assert.deepEqual(
    rows('Reset codes'),
    resetCodes.map((code, number) => [String(number), code]),
  );
});

test('docs/tunnel-protocol.md has every frame type', () => {
  assert.deepEqual(
    rows('Frames'),
    Object.entries(frameType).map(([name, number]) => [String(number), name.toUpperCase()]),
  );
});

test('docs/tunnel-protocol.md names the version, the subprotocol and the message bound', () => {
  assert.ok(document.startsWith(`# The tunnel protocol, version ${versions[0]}\n`));
  assert.ok(document.includes(`\`${tunnelSubprotocol}\``));
  assert.ok(document.includes(`at most ${maxMessageBytes / 1024} KiB`));
});
