/** Who takes turns. */
export interface RoundMember {
  /** Whether it stands in the round; the round alone changes it. */
  waiting: boolean;
  /** Its turn: at most one DATA frame. Returns whether it has more to send now. */
  writeQueued(): boolean;
}

/** Those that wait to write, served in turn (T21): one that has much does not keep one that has little from its turn. */
export class WriteRound<Member extends RoundMember> {
  #members: Member[] = [];

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  /** Returns whether it was not in the round yet. */
  add(member: Member): boolean {
    if (member.waiting) return false;
    member.waiting = true;
    this.#members.push(member);
    return true;
  }

  remove(member: Member): void {
    if (!member.waiting) return;
    member.waiting = false;
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
  }

  clear(): void {
    for (const member of this.#members) member.waiting = false;
    this.#members = [];
  }

  /** Gives turns while `mayWrite` and somebody waits. A turn may change the round: streams end, reset and wait in it. */
  run(mayWrite: () => boolean): void {
    while (this.#members.length > 0 && mayWrite()) {
      const member = this.#members.shift();
      if (member === undefined) return;
      const more = member.writeQueued();
      // In its turn it may have been removed (reset), which must hold.
      if (more && member.waiting) this.#members.push(member);
      else member.waiting = false;
    }
  }
}
