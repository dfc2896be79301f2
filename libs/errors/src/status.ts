import type { DroverError } from './drover-error.ts';

/** `meta/v1.Status`, the form in which kubectl reads every failure. */
export interface KubernetesStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  /** `ListMeta`: empty, but where a list can be gone on with by another token. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: 'Success' | 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code: number;
}

/** Type guard: the given JSON value is a Kubernetes `Status`. */
export const isStatus = (value: unknown): value is KubernetesStatus =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';

/** The Kubernetes `Status` of an error. An internal error keeps its message to the log, not to the caller. */
export function statusOf(error: DroverError): KubernetesStatus {
  const { httpStatus, reason, meaning } = error.entry;
  const { status: details, listMeta } = error.details;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: isTexts(listMeta) ? listMeta : {},
    status: 'Failure',
    message: error.code === 'internal' ? meaning : error.message,
    reason,
    ...(typeof details === 'object' && details !== null ? { details: details as Record<string, unknown> } : {}),
    code: httpStatus,
  };
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && Object.values(value).every(text => typeof text === 'string');
