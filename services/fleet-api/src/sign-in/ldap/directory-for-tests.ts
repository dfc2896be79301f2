import { Slapd } from './slapd-for-tests.ts';

const base = Slapd.suffix;
const group = (name: string, members: readonly string[], memberOf: readonly string[] = []): string =>
  [
    `dn: cn=${name},ou=groups,${base}`,
    'objectClass: group',
    `cn: ${name}`,
    `sAMAccountName: ${name}`,
    ...members.map(member => `member: ${member},${base}`),
    ...memberOf.map(one => `memberOf: ${one},${base}`),
  ].join('\n');

/** A person; the GUID is the given byte sixteen times, but for the first, which shows the order of its parts. */
const person = (name: string, guid: string, more: readonly string[] = []): string =>
  [
    `dn: cn=${name},ou=people,${base}`,
    'objectClass: user',
    `cn: ${name}`,
    `sn: ${name}`,
    `sAMAccountName: ${name}`,
    `uid: ${name}`,
    `userPrincipalName: ${name}@corp.example`,
    `userPassword: ${name}-password`,
    `objectGUID:: ${Buffer.from(guid, 'hex').toString('base64')}`,
    ...more,
  ].join('\n');

const unit = (name: string): string => `dn: ou=${name},${base}\nobjectClass: organizationalUnit\nou: ${name}`;

/** How a GUID of sixteen bytes is written: the first three parts are little-endian. */
export const aliceGuid = { bytes: '00112233445566778899aabbccddeeff', text: '33221100-5544-7766-8899-aabbccddeeff' };

/** A company of a few people. `developers` is in `engineering`, that in `staff`, and `staff` in `developers` again. */
export const company = (otherServer: string): string =>
  [
    unit('people'),
    unit('groups'),
    unit('elsewhere'),
    `dn: cn=hub,${base}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: hub\nuserPassword: hub-password`,
    person('alice', aliceGuid.bytes, [
      'displayName: Alice Adams',
      'mail: alice@corp.example',
      `memberOf: cn=developers,ou=groups,${base}`,
      `memberOf: cn=outside,ou=elsewhere,${base}`,
      `memberOf: cn=gone,ou=groups,${base}`,
    ]),
    person('bob', '01'.repeat(16)),
    person('carol', '02'.repeat(16), ['userAccountControl: 514']),
    person('robot', '03'.repeat(16)).replace('objectClass: user', 'objectClass: computer'),
    person('twin', '04'.repeat(16)),
    person('twin2', '05'.repeat(16)).replace('userPrincipalName: twin2@corp.example', 'userPrincipalName: twin'),
    `dn: cn=faraway,ou=people,${base}\nobjectClass: referral\nobjectClass: extensibleObject\ncn: faraway\nref: ${otherServer}/cn=faraway,${base}`,
    group('developers', ['cn=alice,ou=people', 'cn=staff,ou=groups'], ['cn=engineering,ou=groups']),
    group('engineering', ['cn=developers,ou=groups'], ['cn=staff,ou=groups']),
    group('staff', ['cn=engineering,ou=groups'], ['cn=developers,ou=groups']),
    group('others', ['cn=bob,ou=people']),
    group('outside', ['cn=alice,ou=people']).replace('ou=groups', 'ou=elsewhere'),
  ].join('\n\n');
