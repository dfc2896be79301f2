import type { Topic } from '../case.ts';
import { kubectlApply, kubectlChange, kubectlCreate, kubectlDelete, kubectlDiscovery, kubectlGet } from './kubectl.ts';
import { applying, finalizing, owning, watches } from './life.ts';
import { newer } from './newer.ts';
import { getting, listing, pages, tables } from './reading.ts';
import { discovery, errors } from './servers.ts';
import { creating, deleting, deletingMany, dry, metadata, patching, updating } from './writing.ts';

export const topics: readonly Topic[] = [
  ...[getting, listing, pages, tables, watches],
  ...[creating, metadata, updating, patching, deleting, deletingMany, dry, finalizing, owning, applying],
  ...[errors, discovery, newer],
  ...[kubectlGet, kubectlCreate, kubectlApply, kubectlChange, kubectlDelete, kubectlDiscovery],
];
