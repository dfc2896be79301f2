import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@drover/async';
import type { PlainAnswer } from '@drover/service-kit';
import { PlainResponse, plainRequest } from './plain-exchange.ts';

/** A connection that takes one piece at a time. */
function slowAnswer() {
  const sent: Buffer[] = [];
  const said: string[] = [];
  const answer: PlainAnswer = {
    head: (status, headers) => void said.push(`${status} ${headers.join(' ')}`),
    data: chunk => {
      sent.push(chunk);
      return false;
    },
    framed: () => false,
    end: () => void said.push('end'),
    cut: () => void said.push('cut'),
    refuse: () => assert.fail(),
  };
  return { answer, sent, said, bytes: () => Buffer.concat(sent) };
}

const response = (answer: PlainAnswer): PlainResponse => new PlainResponse(answer, new ManualClock());

test('a long body leaves as the client takes it, and a short one at once', () => {
  const body = Buffer.from('0123456789'.repeat(70_000));
  const long = slowAnswer();
  const sending = response(long.answer);
  sending.send(200, { 'content-length': body.length }, body);
  assert.ok(long.bytes().length < body.length);
  assert.equal(long.said.length, 1);
  for (let turns = 0; long.said.length === 1 && turns < 10; turns++) sending.drained();
  assert.deepEqual(long.bytes(), body);
  assert.equal(long.said.at(-1), 'end');
  sending.drained();
  assert.equal(long.said.length, 2);

  const short = slowAnswer();
  response(short.answer).send(404, {}, Buffer.from('short'));
  assert.deepEqual([short.said.at(-1), short.bytes().toString()], ['end', 'short']);
});

test('nothing more is sent to a client who has left', () => {
  const { answer, sent, said } = slowAnswer();
  const sending = response(answer);
  sending.send(200, {}, Buffer.alloc(1_000_000));
  sending.gone();
  sending.drained();
  sending.send(200, {}, Buffer.alloc(10));
  assert.equal(sent.length, 1);
  assert.equal(said.length, 1);
});

test('headers that come twice count together, and no name reaches a prototype', () => {
  const headers = ['accept', 'a', 'accept', 'b', '__proto__', 'x', 'constructor', 'y'];
  const read = plainRequest({ method: 'GET', target: '/', headers });
  assert.deepEqual([read.headers.accept, read.headers['constructor'], read.body], ['a, b', 'y', undefined]);
});
