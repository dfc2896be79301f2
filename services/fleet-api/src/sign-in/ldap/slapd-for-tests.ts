import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Of Active Directory, what the hub reads. Debian's msuser.schema has no EQUALITY rules, so that filters match nothing. */
const schema = `
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.2.102 NAME 'memberOf' EQUALITY distinguishedNameMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL
  MUST ( objectGUID $ sAMAccountName )
  MAY ( userPrincipalName $ userAccountControl $ memberOf $ displayName $ mail $ uid ) )
objectclass ( 1.2.840.113556.1.3.30 NAME 'computer' SUP user STRUCTURAL )
objectclass ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL
  MUST ( cn $ sAMAccountName ) MAY ( member $ memberOf ) )
`;

const configuration = (folder: string, tls: boolean): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include ${folder}/ad.schema
pidfile ${folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
${tls ? `TLSCACertificateFile ${folder}/ca.crt\nTLSCertificateFile ${folder}/server.crt\nTLSCertificateKeyFile ${folder}/server.key` : ''}
database mdb
suffix "dc=corp,dc=example"
directory ${folder}/data
maxsize 33554432
rootdn "cn=root,dc=corp,dc=example"
rootpw root-password
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`;

/** Whether slapd is installed; else why its tests are skipped. */
export async function cannotStartSlapd(): Promise<string | false> {
  try {
    await exec('slapd', ['-VVV']);
    return false;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing ? 'slapd is not installed' : false;
  }
}

export interface SlapdOptions {
  /** What is in the directory, LDIF; see {@link Slapd.base} for what is always there. */
  readonly entries: string;
  /** Without it the server knows no TLS. */
  readonly tls?: boolean;
}

/** A real slapd with a schema like Active Directory's, on free ports of loopback, with a folder of its own. */
export class Slapd implements AsyncDisposable {
  static readonly suffix = 'dc=corp,dc=example';
  readonly #folder: string;
  readonly #process: ChildProcess;
  #log = '';
  readonly ldap: string;
  readonly ldaps: string;
  /** The CA of its certificate, which names 127.0.0.1 alone. */
  readonly ca: string;

  private constructor(started: { folder: string; process: ChildProcess; ports: [number, number]; ca: string }) {
    this.#folder = started.folder;
    this.#process = started.process;
    this.#process.stderr?.setEncoding('utf8').on('data', text => {
      this.#log += text;
    });
    this.ldap = `ldap://127.0.0.1:${started.ports[0]}`;
    this.ldaps = `ldaps://127.0.0.1:${started.ports[1]}`;
    this.ca = started.ca;
  }

  static async start({ entries, tls = true }: SlapdOptions): Promise<Slapd> {
    const folder = await mkdtemp(join(tmpdir(), 'drover-slapd-'));
    const at = (name: string): string => join(folder, name);
    await mkdir(at('data'));
    if (tls) await certify(folder);
    await writeFile(at('ad.schema'), schema);
    await writeFile(at('slapd.conf'), configuration(folder, tls));
    const top = `dn: ${Slapd.suffix}\nobjectClass: dcObject\nobjectClass: organization\no: Corp\ndc: corp\n`;
    await writeFile(at('entries.ldif'), `${top}\n${entries}`);
    await exec('slapadd', ['-q', '-f', at('slapd.conf'), '-l', at('entries.ldif')]);
    const ports: [number, number] = [await freePort(), await freePort()];
    const urls = `ldap://127.0.0.1:${ports[0]}${tls ? ` ldaps://127.0.0.1:${ports[1]}` : ''}`;
    // -d stats: each operation a line on standard error, and no other process.
    const process = spawn('slapd', ['-f', at('slapd.conf'), '-h', urls, '-d', 'stats'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ca = tls ? await readFile(at('ca.crt'), 'utf8') : '';
    const server = new Slapd({ folder, process, ports, ca });
    await server.#until(() => server.#log.includes('slapd starting'));
    return server;
  }

  /** The operations that it was asked for since the last call, without what they were about: `BIND SRCH BIND`. */
  async operations(): Promise<string> {
    // Connections are accepted in their order: with this one in the log all earlier ones are, and they are over when closed.
    const last = connect(Number(new URL(this.ldap).port), '127.0.0.1');
    await once(last, 'connect');
    const from = `IP=127.0.0.1:${last.localPort} `;
    last.destroy();
    await this.#until(() => {
      const accepted = [...this.#log.matchAll(/ (conn=\d+ fd=\d+) ACCEPT from /g)].map(([, which]) => which);
      return this.#log.includes(from) && accepted.every(which => this.#log.includes(` ${which} closed`));
    });
    const asked = [...this.#log.matchAll(/ op=\d+ (BIND dn=.* method=|SRCH base|EXT oid)/g)];
    this.#log = '';
    return asked.map(([, what = '']) => what.split(' ')[0]).join(' ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#process.exitCode !== null) throw new Error(`slapd has ended: ${this.#log}`);
      await delay(10);
    }
  }
}

async function certify(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', '/CN=directory'];
  await exec('openssl', [
    ...request,
    '-x509',
    '-days',
    '2',
    '-subj',
    '/CN=directory CA',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
  ]);
  await exec('openssl', [...request, ...subject, '-keyout', at('server.key'), '-out', at('server.csr')]);
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  const signed = ['x509', '-req', '-in', at('server.csr'), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-days', '2'];
  await exec('openssl', [...signed, '-CAcreateserial', '-extfile', at('names'), '-out', at('server.crt')]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
