import type { Registry } from '@drover/apiserver';
import { parseDurationSeconds } from '@drover/async';
import { settings } from '../resources/index.ts';

/** Settings of the hub as they are now; one that cannot be read counts as if it were not there. */
export class HubSettings {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The text of a setting; undefined where there is none, or nothing in it. */
  text(name: string): string | undefined {
    const text = this.#registry.find(settings, name)?.spec.value.trim();
    return text === '' ? undefined : text;
  }

  /** A duration such as `12h`, in milliseconds, and never beyond the bounds. */
  durationMs(name: string, bounds: { readonly default: number; readonly min: number; readonly max: number }): number {
    const seconds = parseDurationSeconds(this.#registry.find(settings, name)?.spec.value ?? '');
    const ms = seconds === undefined ? bounds.default : seconds * 1000;
    return Math.min(bounds.max, Math.max(bounds.min, ms));
  }
}
