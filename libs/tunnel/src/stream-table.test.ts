import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from './limits.ts';
import { TunnelProtocolError } from './protocol-error.ts';
import { acceptorBit, StreamTable } from './stream-table.ts';

const slot = (id: number): number => id & 0xfff;

function opened(table: StreamTable<{ id: number }>): { id: number } {
  const id = table.reserve();
  assert.ok(id !== undefined);
  const stream = { id };
  table.add(stream);
  return stream;
}

test('as many streams as the limit allows, and no more until one is gone', () => {
  const table = new StreamTable<{ id: number }>(0);
  const streams = Array.from({ length: limits.maxStreams }, () => opened(table));
  assert.equal(table.size, limits.maxStreams);
  assert.equal(new Set(streams.map(({ id }) => slot(id))).size, limits.maxStreams);
  assert.equal(table.reserve(), undefined);
  const [first] = streams;
  assert.ok(first);
  table.remove(first, true);
  assert.equal(slot(opened(table).id), slot(first.id));
  assert.equal(table.reserve(), undefined);
});

test('a slot’s next stream has another id, so that late frames of the last one find nothing', () => {
  const table = new StreamTable<{ id: number }>(acceptorBit);
  const first = opened(table);
  table.remove(first, true);
  const second = opened(table);
  assert.equal(slot(second.id), slot(first.id));
  assert.notEqual(second.id, first.id);
  assert.equal(table.get(first.id), undefined);
  assert.equal(table.get(second.id), second);
  table.remove(first, true); // late: it must not remove the second
  assert.equal(table.get(second.id), second);
});

test('generations begin again after 19 bits, and ids stay 32 bits with the opener’s on top', () => {
  const table = new StreamTable<{ id: number }>(acceptorBit);
  for (let generation = 0; generation < 2 ** 19 + 2; generation++) {
    const id = table.reserve() ?? 0;
    if (id <= acceptorBit - 1 || id > 0xffff_ffff) assert.fail(`id ${id}`);
    const stream = { id };
    table.add(stream);
    table.remove(stream, true);
  }
});

test('a peer that opens in a taken slot breaks the protocol', () => {
  const table = new StreamTable<{ id: number }>(0);
  table.add({ id: (1 << 12) | 4095 });
  assert.throws(() => table.add({ id: (2 << 12) | 4095 }), TunnelProtocolError);
  assert.equal(table.size, 1);
  assert.equal(table.all().length, 1);
});
