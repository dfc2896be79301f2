import type { ApiObject } from './object.ts';
import type { Column, ResourceType } from './resource-type.ts';

/** Which part of an object a row carries: what `includeObject` asks for. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** The metadata alone, as `meta.k8s.io/v1 PartialObjectMetadata`. */
export const partialOf = (object: ApiObject): Record<string, unknown> => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
});

/** The `meta.k8s.io/v1 Table` that kubectl prints. `columns: false` leaves the definitions out, as in later watch events. */
export function tableOf(
  type: ResourceType,
  items: readonly ApiObject[],
  options: { nowMs: number; include: IncludeObject; metadata: object; columns?: boolean },
): Record<string, unknown> {
  const { always, wide } = columnsOf(type);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.columns === false ? [] : columnDefinitions(type),
    rows: items.map(object => ({
      cells: [
        object.metadata.name,
        ...always.map(column => column.cell(object, options.nowMs)),
        ageOf(object.metadata.creationTimestamp, options.nowMs),
        ...wide.map(column => column.cell(object, options.nowMs)),
      ],
      object: options.include === 'None' ? null : options.include === 'Object' ? object : partialOf(object),
    })),
  };
}

/** Those that are always shown, and those that `-o wide` adds: the age stands between them, as in Kubernetes' own tables. */
export function columnsOf(type: ResourceType): { always: readonly Column[]; wide: readonly Column[] } {
  const isWide = ({ priority = 0 }: Column): boolean => priority > 0;
  return { always: type.columns.filter(column => !isWide(column)), wide: type.columns.filter(isWide) };
}

function columnDefinitions(type: ResourceType): unknown[] {
  const { always, wide } = columnsOf(type);
  const declared = ({ name, type: kind, description, priority }: Column): unknown =>
    column(name, kind, '', description, priority);
  const column = (name: string, kind: string, format: string, description: string, priority = 0): unknown => ({
    name,
    type: kind,
    format,
    description,
    priority,
  });
  return [
    column('Name', 'string', 'name', 'The name, unique among objects of its kind.'),
    ...always.map(declared),
    column('Age', 'string', '', 'How long ago the object was made.'),
    ...wide.map(declared),
  ];
}

/** How long ago an RFC 3339 time was, as kubectl writes it; `<unknown>` where there is none. */
export function ageOf(timestamp: string | undefined, nowMs: number): string {
  const at = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(nowMs - at);
}

/** A duration in milliseconds with about two digits (k8s.io/apimachinery/pkg/util/duration.HumanDuration). */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return join(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return join(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return join(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return years < 8 ? join(years, 'y', days % 365, 'd') : `${years}y`;
}

const join = (major: number, majorUnit: string, minor: number, minorUnit: string): string =>
  minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;
