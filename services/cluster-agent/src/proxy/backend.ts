import type { KubeEndpoint } from '@drover/kube';
import { Pool } from 'undici';

/** How the agent reaches the kube-apiserver. */
export interface BackendOptions {
  readonly endpoint: KubeEndpoint;
  /** The impersonating ServiceAccount's token (T3: never another credential). */
  readonly token: { current(): string; refused(token: string): void };
}

/** Bounds of the agent's connections to the kube-apiserver. */
export const backendLimits = Object.freeze({
  connectTimeoutMs: 5_000,
  /** kube-apiserver keeps idle connections longer; a connection that it has closed meanwhile costs a retry. */
  idleConnectionMs: 60_000,
  /** Connections for requests that end soon; above this, requests go on connections of their own. */
  shortConnections: 256,
  keepAliveProbeMs: 30_000,
  /** kube-apiserver's answers carry few headers; its own limit for requests is 1 MiB. */
  maxAnswerHeaderBytes: 32 * 1024,
});

/**
 * The kube-apiserver's connections, HTTP/1.1 with keep-alive. Short requests and long ones (watches, followed logs) have
 * pools of their own, so that a thousand watches neither use up nor slow the search for a free connection.
 */
export class Backend {
  readonly endpoint: KubeEndpoint;
  readonly token: BackendOptions['token'];
  readonly short: Pool;
  readonly long: Pool;

  constructor({ endpoint, token }: BackendOptions) {
    this.endpoint = endpoint;
    this.token = token;
    this.short = this.#pool(backendLimits.shortConnections);
    this.long = this.#pool(null);
  }

  /**
   * The pool for a request. One caller's unanswered requests may fill the short one (T21): the next go on connections
   * of their own, since the tunnel bounds how many there can be.
   */
  poolFor(longLived: boolean): Pool {
    const { running, queued } = this.short.stats;
    return longLived || running + queued >= backendLimits.shortConnections ? this.long : this.short;
  }

  async close(): Promise<void> {
    await Promise.all([this.short.destroy(), this.long.destroy()]);
  }

  #pool(connections: number | null): Pool {
    return new Pool(this.endpoint.url.origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      connect: {
        ...this.endpoint.tls,
        timeout: backendLimits.connectTimeoutMs,
        keepAlive: true,
        keepAliveInitialDelay: backendLimits.keepAliveProbeMs,
      },
      keepAliveTimeout: backendLimits.idleConnectionMs,
      maxHeaderSize: backendLimits.maxAnswerHeaderBytes,
      headersTimeout: 0, // the caller decides how long it waits; its cancelling is passed on
      bodyTimeout: 0, // a watch may be silent for hours (T32)
    });
  }
}
