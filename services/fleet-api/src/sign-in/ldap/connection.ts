import { isIP, connect as netConnect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { DroverError } from '@drover/errors';
import { Client, type Entry, type Filter, PresenceFilter, ResultCodeError, type SearchOptions } from 'ldapts';

/** What one search may ask. */
export interface SearchWish {
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Attributes whose values are bytes. */
  readonly binary?: readonly string[];
}

/** Which server, and whom to trust. */
export interface DirectoryServer {
  readonly url: string;
  readonly ca: string | undefined;
  /** Ends the connection and whatever waits for it. */
  readonly signal: AbortSignal;
}

/** Entries that one page holds: under the 1,000 that Active Directory gives at most. */
const pageSize = 500;

/**
 * The result codes of a bind (RFC 4511, 4.2.2 and appendix A) that say no to these credentials, and nothing of the server:
 * constraintViolation (a locked account), noSuchObject, invalidDNSyntax, inappropriateAuthentication (no password),
 * invalidCredentials, unwillingToPerform. A referral (10) is a no as well: it is never followed (T11).
 */
const refusals: ReadonlySet<number> = new Set([10, 19, 32, 34, 48, 49, 53]);

/** A referral, noSuchObject, invalidDNSyntax: the entry is not here. */
const absences: ReadonlySet<number> = new Set([10, 32, 34]);

/**
 * One connection to one server of a directory, encrypted before anything is said on it. It is never made anew in the middle:
 * after StartTLS a connection that came back by itself would carry the next password in the clear.
 */
export class DirectoryConnection implements Disposable {
  readonly #client: Client;
  readonly #sockets: Socket[] = [];
  readonly #signal: AbortSignal;
  /** The connection is over: it was lost, or nobody wants it any more. */
  readonly #over = new AbortController();
  readonly #onAbort = (): void => this.#end(this.#signal.reason);

  private constructor({ url, ca, signal }: DirectoryServer) {
    const { hostname } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    const tls: ConnectionOptions = {
      host,
      minVersion: 'TLSv1.2',
      ...(isIP(host) ? {} : { servername: host }),
      ...(ca === undefined ? {} : { ca }),
    };
    this.#signal = signal;
    this.#client = new Client({
      url,
      createConnection: (...to: unknown[]) => this.#once(() => Reflect.apply(netConnect, undefined, to)),
      createSecureConnection: (...to: unknown[]) => {
        const [port] = to;
        // By port and host for ldaps://, by the socket that is to be upgraded for StartTLS.
        if (typeof port === 'number') return this.#once(() => tlsConnect({ ...tls, port }));
        return this.#keep(tlsConnect({ ...tls, socket: this.#sockets[0] }));
      },
    });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Throws what the network or TLS threw, or the signal's reason. */
  static async open(options: DirectoryServer): Promise<DirectoryConnection> {
    options.signal.throwIfAborted();
    const connection = new DirectoryConnection(options);
    try {
      if (options.url.startsWith('ldap://')) await connection.#do(() => connection.#client.startTLS());
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Whether the server takes the name and the password. An empty password would be an unauthenticated bind, which succeeds
   * for every name (RFC 4513, 5.1.2), and so might one that a server in C reads as empty: neither is ever sent (T11).
   */
  async bind(name: string, password: string): Promise<boolean> {
    if (name === '' || password === '' || password.includes('\0')) return false;
    try {
      await this.#do(() => this.#client.bind(name, password));
      return true;
    } catch (error) {
      if (error instanceof ResultCodeError && refusals.has(error.code)) return false;
      throw error;
    }
  }

  /** Of the entries that match at most `most`: for those who want to know whether there is one. */
  async find(base: string, wish: SearchWish, most: number): Promise<Entry[]> {
    const { searchEntries } = await this.#do(() =>
      this.#client.search(base, { ...searchOptions(wish), sizeLimit: most }),
    );
    return searchEntries;
  }

  /** The entry of this name, where there is one that matches. */
  async read(dn: string, wish: Omit<SearchWish, 'scope'>): Promise<Entry[]> {
    try {
      return await this.find(dn, { ...wish, scope: 'base' }, 1);
    } catch (error) {
      if (error instanceof ResultCodeError && absences.has(error.code)) return [];
      throw error;
    }
  }

  /**
   * All entries that match; what they are referrals to is left out, as referrals are never followed (T11).
   *
   * @throws DroverError `forbidden` where there are more than `most`: a list is carried whole, or not at all (T4)
   */
  async list(base: string, wish: SearchWish, most: number): Promise<Entry[]> {
    const found: Entry[] = [];
    const pages = this.#client.searchPaginated(base, { ...searchOptions(wish), paged: { pageSize } });
    for (;;) {
      const page = await this.#do(() => pages.next());
      if (page.done) return found;
      found.push(...page.value.searchEntries);
      if (found.length > most) throw new DroverError('forbidden', `the directory has more than ${most} such groups`);
    }
  }

  /** What the server says of itself (RFC 4512, 5.1). */
  async capabilities(): Promise<readonly string[]> {
    const attributes = ['supportedCapabilities'];
    const filter = new PresenceFilter({ attribute: 'objectClass' });
    const [root] = await this.find('', { scope: 'base', filter, attributes }, 1);
    return root === undefined ? [] : valuesOf(root, 'supportedCapabilities');
  }

  /** No unbind is sent: a server takes the end of the connection as one (RFC 4511, 4.3). */
  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#end(new Error('the connection to the directory was closed'));
  }

  /** The client itself does not notice everywhere that its connection is lost. */
  async #do<T>(run: () => Promise<T>): Promise<T> {
    const { signal } = this.#over;
    const { promise: over, reject } = Promise.withResolvers<never>();
    const onOver = (): void => reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', onOver, { once: true });
    try {
      return await Promise.race([run(), over]);
    } finally {
      signal.removeEventListener('abort', onOver);
    }
  }

  #once<S extends Socket>(open: () => S): S {
    if (this.#sockets.length > 0) throw new Error('a connection to the directory is made once');
    return this.#keep(open());
  }

  #keep<S extends Socket>(socket: S): S {
    this.#sockets.push(socket);
    socket.once('close', () => this.#end(new Error('the connection to the directory was lost')));
    return socket;
  }

  #end(reason: unknown): void {
    this.#over.abort(reason); // the first reason counts
    for (const socket of this.#sockets) socket.destroy();
  }
}

function searchOptions({ scope, filter, attributes, binary = [] }: SearchWish): SearchOptions {
  return {
    scope,
    filter,
    attributes: [...attributes],
    explicitBufferAttributes: [...binary],
    derefAliases: 'never',
  };
}

/** The attribute's values as text; the server may write its name in another case. */
export const valuesOf = (entry: Entry, attribute: string): string[] =>
  bytesOf(entry, attribute).map(value => value.toString('utf8'));

/** The attribute's values as they are. */
export function bytesOf(entry: Entry, attribute: string): Buffer[] {
  const wanted = attribute.toLowerCase();
  const [, value = []] = Object.entries(entry).find(([name]) => name.toLowerCase() === wanted && name !== 'dn') ?? [];
  return [value].flat().map(one => (typeof one === 'string' ? Buffer.from(one, 'utf8') : one));
}
