import type { ObjectMeta } from '@drover/contracts';

/** What every object has. Its other fields are known to its {@link ResourceType} only. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** An object's fields by name, for code that treats every kind alike. */
export const fieldsOf = (object: object): Record<string, unknown> => ({ ...object });

/** Type guard: a JSON object (no array, no null). */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
