import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAuditNote, writeAuditNote } from './audit-note.ts';

test('a note comes back as it was written, in any letters, and bounded', () => {
  const note = { action: 'sign-in', provider: 'corp', account: 'Zoë\r\nx' };
  assert.deepEqual(readAuditNote(writeAuditNote(note)), note);
  assert.match(writeAuditNote(note), /^[\w-]+$/);
  assert.equal(readAuditNote(writeAuditNote({ action: 'x', account: 'a'.repeat(9_000) }))?.account?.length, 256);
});

test('what is no note is none', () => {
  for (const value of [undefined, 7, ['a'], '', 'bm8', Buffer.from('{"account":"x"}').toString('base64url'), 'bnVsbA'])
    assert.equal(readAuditNote(value), undefined);
});
