import type { OwnerReference } from '@drover/contracts';

/** Which objects name owners. Pure: it is told what there is. Most objects own nothing and are owned by nobody. */
export class OwnerGraph {
  readonly #owners = new Map<string, readonly OwnerReference[]>();
  readonly #dependents = new Map<string, Set<string>>();

  /** Whether nobody names an owner. */
  get empty(): boolean {
    return this.#owners.size === 0;
  }

  /** Whether the object under `key` names owners. */
  has(key: string): boolean {
    return this.#owners.has(key);
  }

  /** The object under `key` has these owners now. */
  set(key: string, owners: readonly OwnerReference[]): void {
    this.delete(key);
    if (owners.length === 0) return;
    this.#owners.set(key, owners);
    for (const { uid } of owners) {
      const keys = this.#dependents.get(uid) ?? new Set();
      this.#dependents.set(uid, keys.add(key));
    }
  }

  /** The object under `key` is gone. What it named as its owners. */
  delete(key: string): readonly OwnerReference[] {
    const owners = this.#owners.get(key) ?? [];
    this.#owners.delete(key);
    for (const { uid } of owners) {
      const keys = this.#dependents.get(uid);
      keys?.delete(key);
      if (keys?.size === 0) this.#dependents.delete(uid);
    }
    return owners;
  }

  /** The keys of the objects that name `uid` as an owner. */
  dependentsOf(uid: string): readonly string[] {
    return [...(this.#dependents.get(uid) ?? [])];
  }

  /** Whether a foreground deletion of `uid` waits for the object under `key`. */
  blocks(key: string, uid: string): boolean {
    return this.#owners.get(key)?.some(owner => owner.uid === uid && owner.blockOwnerDeletion === true) ?? false;
  }

  clear(): void {
    this.#owners.clear();
    this.#dependents.clear();
  }
}
