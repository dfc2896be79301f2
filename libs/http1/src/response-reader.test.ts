import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BrokenAnswerError, ResponseReader } from './response-reader.ts';

interface Answer {
  status: number;
  headers: string[];
  body: string;
  reusable: boolean | undefined;
}

/** Reads the answers to requests of the given methods out of pieces of bytes. */
function read(methods: readonly string[], pieces: readonly Buffer[], { ended = false } = {}): Answer[] {
  const answers: Answer[] = [];
  const waiting = [...methods];
  const reader: ResponseReader = new ResponseReader(
    {
      onHead: (status, headers) => answers.push({ status, headers, body: '', reusable: undefined }),
      onBody: chunk => {
        const last = answers.at(-1);
        if (last !== undefined) last.body += chunk.toString('latin1');
      },
      onEnd: reusable => {
        const last = answers.at(-1);
        if (last !== undefined) last.reusable = reusable;
        const method = waiting.shift();
        if (method !== undefined) reader.expect(method);
      },
    },
    512,
  );
  reader.expect(waiting.shift() ?? 'GET');
  for (const piece of pieces) reader.push(piece);
  if (ended) reader.end();
  return answers;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const one = (text: string, { method = 'GET', ended = false } = {}): Answer | undefined =>
  read([method], [bytes(text)], { ended })[0];

test('a body ends at its length, in its last chunk, or with the connection', () => {
  assert.deepEqual(one('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc'), {
    status: 200,
    headers: ['content-length', '3'],
    body: 'abc',
    reusable: true,
  });
  const chunked =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: t\r\n\r\n';
  assert.deepEqual([one(chunked)?.body, one(chunked)?.reusable], ['abc', true]);
  const untilClose = one('HTTP/1.1 200 OK\r\n\r\nabc', { ended: true });
  assert.deepEqual([untilClose?.body, untilClose?.reusable], ['abc', false]);
});

test('an answer without a body ends with its head', () => {
  for (const [head, method] of [
    ['HTTP/1.1 204 No Content\r\n\r\n', 'GET'],
    ['HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n', 'GET'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n', 'HEAD'],
    ['HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', 'GET'],
  ] as const) {
    assert.equal(one(head, { method })?.reusable, true, head);
  }
});

test('interim answers are passed over; a connection that is to be closed is not used again', () => {
  const answer = one(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\na: b\r\n\r\nHTTP/1.1 201 C\r\ncontent-length: 0\r\n\r\n',
  );
  assert.equal(answer?.status, 201);
  assert.equal(one('HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 0\r\n\r\n')?.reusable, false);
  assert.equal(one('HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n')?.reusable, false);
});

for (const [what, text] of Object.entries({
  'no HTTP': 'SSH-2.0-x\r\n\r\n',
  'HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'an unasked 101': 'HTTP/1.1 101 Switching\r\n\r\n',
  'both lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n',
  'a coding that is not known': 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n',
  'two codings': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n',
  'a folded header': 'HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n',
  'a bare line feed': 'HTTP/1.1 200 OK\na: b\r\n\r\n',
  'a chunk without a size': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n',
  'a chunk of a negative size': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n',
  'a chunk that is longer than it says': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n',
  'a chunk size with a bare line feed': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\na\r\n',
  'a head over the limit': `HTTP/1.1 200 OK\r\na: ${'b'.repeat(512)}\r\n\r\n`,
  'a head that never ends': 'a'.repeat(600),
  'a second answer to one request': 'HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n',
})) {
  test(`T16 ${what} is no answer`, () => assert.throws(() => read(['GET'], [bytes(text)]), BrokenAnswerError));
}

test('T24 an answer that the connection cuts is not whole', () => {
  for (const text of [
    'HTTP/1.1 200 OK\r\ncontent-le',
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n',
  ]) {
    assert.throws(() => read(['GET'], [bytes(text)], { ended: true }), BrokenAnswerError, text);
  }
});

test('answers are the same however their bytes are cut', () => {
  const body = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', ';', 'é'), maxLength: 40 });
  const answer = fc.oneof(
    body.map(text => ({
      text: `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\nx: y\r\n\r\n${text}`,
      body: text,
    })),
    fc
      .array(
        body.filter(text => text !== ''),
        { maxLength: 4 },
      )
      .map(chunks => ({
        text: `HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\n${chunks
          .map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
          .join('')}0\r\n\r\n`,
        body: chunks.join(''),
      })),
    fc.constant({ text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', body: '' }),
  );
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), fc.array(fc.nat({ max: 300 })), (answers, cuts) => {
      const whole = bytes(answers.map(({ text }) => text).join(''));
      const places = [...new Set(cuts.filter(cut => cut > 0 && cut < whole.length))].sort((a, b) => a - b);
      const pieces = [0, ...places].map((from, at) => whole.subarray(from, places[at] ?? whole.length));
      const found = read(new Array(answers.length).fill('GET'), pieces, { ended: false });
      assert.deepEqual(
        found.map(one => one.body),
        answers.map(one => one.body),
      );
      assert.ok(found.every(one => one.reusable === true));
    }),
    { numRuns: 3_000 },
  );
});
