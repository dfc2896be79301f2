import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientConnection } from '@drover/http1';
import { RequestSender } from './request-sender.ts';

/** A connection that keeps what is written, and takes more when it is told to. */
class Kept {
  text = '';
  finished = false;
  room = true;
  write(chunk: Buffer | string): boolean {
    this.text += chunk.toString();
    return this.room;
  }
  finish(): void {
    this.finished = true;
  }
}

function sending(headers: string[], hasBody = true) {
  let granted = 0;
  const sender = new RequestSender(
    {
      grant: bytes => {
        granted += bytes;
      },
    },
    headers,
    hasBody,
  );
  const kept = new Kept();
  const connection = kept as Pick<ClientConnection, 'write' | 'finish'> as ClientConnection;
  return { sender, kept, connection, granted: () => granted };
}

test('what comes before there is a connection is held, and sent in its order', () => {
  const { sender, kept, connection, granted } = sending(['content-length', '4']);
  sender.receive(Buffer.from('ab'));
  assert.equal(granted(), 0);
  sender.to(connection);
  sender.receive(Buffer.from('cd'));
  sender.end();
  assert.deepEqual([kept.text, kept.finished, granted()], ['abcd', true, 4]);
});

test('a whole body that comes before there is a connection is sent whole', () => {
  const { sender, kept, connection } = sending([]);
  sender.receive(Buffer.from('ab'));
  sender.end();
  sender.to(connection);
  assert.deepEqual([kept.text, kept.finished], ['2\r\nab\r\n0\r\n\r\n', true]);
});

test('the hub gets credit as the connection takes the bytes', () => {
  const { sender, kept, connection, granted } = sending([]);
  sender.to(connection);
  kept.room = false;
  sender.receive(Buffer.from('abc'));
  assert.equal(granted(), 0);
  sender.drained();
  assert.equal(granted(), 3);
  kept.room = false;
  sender.receive(Buffer.from('de'));
  sender.drop();
  sender.receive(Buffer.from('f'));
  assert.equal(granted(), 6);
});

test('T16 a body of another length than its head says never reaches the connection', () => {
  const longer = sending(['content-length', '2']);
  longer.sender.to(longer.connection);
  assert.throws(() => longer.sender.receive(Buffer.from('abc')), { code: 'bad-request' });
  assert.equal(longer.kept.text, '');
  const shorter = sending(['content-length', '2']);
  shorter.sender.to(shorter.connection);
  shorter.sender.receive(Buffer.from('a'));
  assert.throws(() => shorter.sender.end(), { code: 'bad-request' });
  assert.equal(shorter.kept.finished, false);
});

test('T16 a length without a body, two lengths, and one that is no number are refused', () => {
  sending(['content-length', '0'], false).sender.check();
  for (const { sender } of [
    sending(['content-length', '2'], false),
    sending(['content-length', '2', 'content-length', '3']),
    sending(['content-length', 'x']),
  ]) {
    assert.throws(() => sender.check(), { code: 'bad-request' });
  }
});
