import type { Column } from '@drover/apiserver';
import type { LooseObject } from './loose-kind.ts';

/** What is at a path of an object of which nothing is known. */
export const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
      value,
    );

export const textAt = (value: unknown, path: string): string | undefined => {
  const found = at(value, path);
  return typeof found === 'string' && found !== '' ? found : undefined;
};

export const numberAt = (value: unknown, path: string): number => {
  const found = at(value, path);
  return typeof found === 'number' ? found : 0;
};

export const listAt = (value: unknown, path: string): readonly unknown[] => {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
};

export const mapAt = (value: unknown, path: string): Readonly<Record<string, unknown>> => ({
  ...(at(value, path) as object | undefined),
});

type Cell = (object: LooseObject, nowMs: number) => string | number | boolean;

/** A column of `kubectl get`. */
export const column = (name: string, cell: Cell, more: Partial<Column<LooseObject>> = {}): Column<LooseObject> => ({
  name,
  type: 'string',
  description: name,
  cell,
  ...more,
});

/** A column that only `-o wide` shows. */
export const wide = (name: string, cell: Cell): Column<LooseObject> => column(name, cell, { priority: 1 });

export const numbers = (name: string, path: string): Column<LooseObject> =>
  column(name, object => numberAt(object, path), { type: 'integer' });

export const texts = (name: string, path: string, none = '<none>'): Column<LooseObject> =>
  column(name, object => textAt(object, path) ?? none);

/** `app=web,tier=front` */
export const selectorText = (labels: Readonly<Record<string, unknown>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(',') || '<none>';
