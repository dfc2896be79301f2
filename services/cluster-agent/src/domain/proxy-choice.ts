import { BlockList, isIP } from 'node:net';

/** The environment's word on HTTP proxies, as curl and Go read it. */
export interface ProxySettings {
  /** `HTTPS_PROXY`: agents dial `https://` only, so `HTTP_PROXY` says nothing about them. */
  readonly httpsProxy?: string | undefined;
  /** `ALL_PROXY` */
  readonly allProxy?: string | undefined;
  /** `NO_PROXY`: `*`, or host names (with all names below them), addresses and CIDR ranges, divided by commas. */
  readonly noProxy?: string | undefined;
}

/**
 * The proxy by which to dial `url`, or undefined for none.
 *
 * @example
 * proxyFor('https://hub.corp.example', { httpsProxy: 'http://proxy:3128', noProxy: '.corp.example' }); // undefined
 */
export function proxyFor(url: string, { httpsProxy, allProxy, noProxy = '' }: ProxySettings): string | undefined {
  const proxy = httpsProxy || allProxy;
  if (!proxy) return undefined;
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const exempt = noProxy
    .split(',')
    .map(entry => entry.trim().toLowerCase())
    .some(entry => covers(entry, host, port || '443'));
  return exempt ? undefined : withScheme(proxy);
}

/** `proxy:3128` means `http://proxy:3128`. */
const withScheme = (proxy: string): string => (/^[a-z]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`);

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (isIP(host) !== 0) return coversAddress(entry, host);
  const [name = '', onlyPort] = entry.split(':');
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const domain = name.replace(/^\*?\./, '');
  return host === domain || host.endsWith(`.${domain}`);
}

function coversAddress(entry: string, address: string): boolean {
  const [network = '', bits] = entry.replace(/[[\]]/g, '').split('/');
  const family = isIP(network);
  if (family === 0) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  const width = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
  try {
    range.addSubnet(network, width, type);
  } catch {
    return false; // no such prefix length
  }
  return range.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
