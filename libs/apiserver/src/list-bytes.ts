import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const compress = promisify(gzip);

/** A list as the bytes of an answer; compressed once, when the first client asks for that. */
export class ListBytes {
  /** The store's when it was made. */
  readonly revision: number;
  readonly json: Buffer;
  #gzipped: Promise<Buffer> | undefined;

  constructor(revision: number, json: Buffer) {
    this.revision = revision;
    this.json = json;
  }

  /** As quickly as zlib can, like kube-apiserver: between machines of one site bytes are cheaper than time. */
  gzipped(): Promise<Buffer> {
    this.#gzipped ??= compress(this.json, { level: constants.Z_BEST_SPEED });
    return this.#gzipped;
  }
}
