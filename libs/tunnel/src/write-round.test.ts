import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RoundMember, WriteRound } from './write-round.ts';

class Member implements RoundMember {
  waiting = false;
  left: number;
  readonly #name: string;
  readonly #log: string[];

  constructor(name: string, left: number, log: string[]) {
    this.#name = name;
    this.left = left;
    this.#log = log;
  }

  writeQueued(): boolean {
    this.#log.push(this.#name);
    return --this.left > 0;
  }
}

const always = (): boolean => true;

test('members take turns until they have nothing more', () => {
  const log: string[] = [];
  const round = new WriteRound<Member>();
  const members = [new Member('a', 3, log), new Member('b', 1, log), new Member('c', 2, log)];
  for (const member of members) {
    assert.equal(round.add(member), true);
    assert.equal(round.add(member), false);
  }
  round.run(always);
  assert.deepEqual(log, ['a', 'b', 'c', 'a', 'c', 'a']);
  assert.ok(round.isEmpty);
  assert.ok(members.every(({ waiting }) => !waiting));
});

test('a round goes on where it stopped', () => {
  const log: string[] = [];
  const round = new WriteRound<Member>();
  for (const name of ['a', 'b']) round.add(new Member(name, 2, log));
  for (let turns = 0; turns < 4; turns++) {
    let left = 1;
    round.run(() => left-- > 0);
  }
  assert.deepEqual(log, ['a', 'b', 'a', 'b']);
});

test('one that is removed holds no place, in its own turn as well', () => {
  const log: string[] = [];
  const round = new WriteRound<Member>();
  const gone = new Member('gone', 5, log);
  const leaves = new Member('leaves', 5, log);
  leaves.writeQueued = () => {
    round.remove(leaves);
    return true;
  };
  round.add(gone);
  round.add(leaves);
  round.remove(gone);
  round.run(always);
  assert.deepEqual(log, []);
  assert.ok(round.isEmpty);
  assert.equal(round.add(leaves), true, 'it may wait again');
  round.clear();
  assert.ok(round.isEmpty && !leaves.waiting);
});
