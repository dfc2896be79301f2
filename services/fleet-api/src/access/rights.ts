import type { ApiObject, ResourceType, WatchCache } from '@drover/apiserver';
import { objects } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import {
  type Binding,
  Grants,
  type Holder,
  type InheritingRole,
  inheritedRules,
  type PolicyRule,
  type Subject,
} from '@drover/identity';
import {
  clusterRoleTemplateBindings,
  globalRoleBindings,
  globalRoles,
  projectRoleTemplateBindings,
  roleTemplates,
} from '../resources/index.ts';
import { everything } from './built-in-global-roles.ts';
import { bindingObjects, globalRoleObjects, roleTemplateObjects } from './built-ins.ts';

type Cursor = ReturnType<WatchCache['follow']>;

/** Where a role of a project counts: in its cluster's namespace, and there on what is the project's. No namespace has a slash. */
export const projectScope = (cluster: string, project: string): string => `${cluster}/${project}`;

/** The objects of one resource, and what each of them means. `now` is undefined for what was deleted. */
interface Feed {
  readonly type: ResourceType;
  take(name: string, key: string, now: ApiObject | undefined): void;
}

/**
 * Who may do what on the hub, read from the roles and bindings in the watch cache: every question is answered by what reads
 * of this replica see at that moment. What the hub ships counts also where somebody has just deleted it, until it is back.
 */
export class Rights {
  readonly #cache: WatchCache;
  readonly #feeds: readonly Feed[];
  readonly #templates = new Map<string, InheritingRole & { readonly external: boolean }>();
  #grants = new Grants();
  /** Whether what templates inherit is worked out. */
  #inherited = false;
  #cursors: readonly (readonly [Feed, Cursor])[] | undefined;

  constructor(cache: WatchCache) {
    this.#cache = cache;
    this.#feeds = [
      feed(globalRoles, globalRoleObjects, (name, _key, now) => {
        this.#grants.setRole(globalRoleKey(name), now?.spec.rules);
      }),
      feed(globalRoleBindings, bindingObjects, (_name, key, now) => {
        this.#bind(key, now && bound(now.spec, undefined, globalRoleKey(now.spec.globalRole)));
      }),
      feed(roleTemplates, roleTemplateObjects, (name, _key, now) => {
        this.#inherited = false;
        if (now === undefined) {
          this.#templates.delete(name);
          this.#grants.setRole(templateKey(name), undefined);
        } else {
          const { rules = [], roleTemplateNames: inherits = [], builtin = false, external = false } = now.spec;
          this.#templates.set(name, { rules, inherits, external: external && !builtin });
        }
      }),
      feed(clusterRoleTemplateBindings, [], (_name, key, now) => {
        this.#bind(key, now && bound(now.spec, now.metadata.namespace ?? '', templateKey(now.spec.roleTemplate)));
      }),
      feed(projectRoleTemplateBindings, [], (_name, key, now) => {
        const scope = projectScope(now?.metadata.namespace ?? '', now?.spec.project ?? '');
        this.#bind(key, now && bound(now.spec, scope, templateKey(now.spec.roleTemplate)));
      }),
    ];
  }

  /** The rights as they are now. */
  get grants(): Grants {
    this.#refresh();
    return this.#grants;
  }

  /** Whether somebody may do everything on the hub, as its administrators do. */
  mayEverything(holder: Holder): boolean {
    return this.grants.allows(holder, undefined, { verb: '*', group: '*', resource: '*' });
  }

  /**
   * All that a role template gives, with what it inherits. A ClusterRole that clusters have by themselves may hold
   * anything, so it counts as everything here, where it is asked what is given away.
   */
  rulesOfTemplate(inherits: readonly string[], rules: readonly PolicyRule[], external: boolean): readonly PolicyRule[] {
    this.#refresh();
    if (external) return everything;
    const roleOf = (name: string): InheritingRole | undefined => {
      const found = this.#templates.get(name);
      return found?.external ? { rules: everything, inherits: [] } : found;
    };
    return [...rules, ...inherits.flatMap(name => inheritedRules(name, roleOf))];
  }

  #refresh(): void {
    try {
      if (this.#cursors === undefined) this.#load();
      for (const [one, cursor] of this.#cursors ?? [])
        for (let event = cursor.next(); event !== undefined; event = cursor.next()) {
          one.take(event.object.name, event.object.key, event.type === 'DELETED' ? undefined : event.object.object);
        }
    } catch (error) {
      if (DroverError.from(error).code !== 'gone') throw error;
      // The changes were too many, or the store was loaded anew: all is read again.
      this.#load();
    }
    if (!this.#inherited) this.#inherit();
  }

  #load(): void {
    this.#grants = new Grants();
    this.#templates.clear();
    const { revision } = this.#cache;
    for (const one of this.#feeds) {
      one.take('', '', undefined);
      for (const kept of this.#cache.list(objects.prefix(one.type.plural))) one.take(kept.name, kept.key, kept.object);
    }
    this.#cursors = this.#feeds.map(one => [one, this.#cache.follow(one.type.plural, revision)]);
  }

  #bind(key: string, binding: Binding | undefined): void {
    this.#grants.setBinding(key, binding);
  }

  /** Role templates are some dozens, and change seldom: all are worked out anew. */
  #inherit(): void {
    this.#inherited = true;
    for (const name of this.#templates.keys())
      this.#grants.setRole(
        templateKey(name),
        inheritedRules(name, one => this.#templates.get(one)),
      );
  }
}

const globalRoleKey = (name: string): string => `g/${name}`;
const templateKey = (name: string): string => `t/${name}`;

function bound(spec: { user?: string; group?: string }, scope: string | undefined, role: string): Binding {
  const { user, group = '' } = spec;
  const subject: Subject = user === undefined ? { kind: 'Group', name: group } : { kind: 'User', name: user };
  return { subject, scope, role };
}

/** The name '' stands for a fresh start: what is built in is there before anything was read. */
function feed<T extends ApiObject>(
  type: ResourceType<T>,
  builtIn: readonly T[],
  take: (name: string, key: string, now: T | undefined) => void,
): Feed {
  const byName = new Map(builtIn.map(object => [object.metadata.name, object]));
  const keyOf = (name: string): string => `${type.plural}._.${name}`;
  return {
    type: type as unknown as ResourceType,
    take: (name, key, now) => {
      if (name === '') for (const [one, object] of byName) take(one, keyOf(one), object);
      else take(name, key, (now as T | undefined) ?? byName.get(name));
    },
  };
}
