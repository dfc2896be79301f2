/** Whom Debian's maintainer scripts ask before they start or stop a service; mostly nobody is there. */
const debianPolicyFile = '/usr/sbin/policy-rc.d';

/**
 * A command that runs another one of Debian's package manager while no service may be started (101: forbidden by policy).
 * A policy that is there already stays as it is, and is asked alone. Everything else than apt-get is named by its path: the
 * command may run with a search path of its own.
 */
export const withoutStartingServices = (command: readonly string[], policyFile = debianPolicyFile): string[] => [
  '/bin/sh',
  '-c',
  script,
  'sh',
  policyFile,
  ...command,
];

// sudo passes no environment on, so what apt-get needs of it is said here.
const script = `
set -e
policy=$1
shift
if [ ! -e "$policy" ]; then
  trap '/bin/rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  /bin/chmod 755 "$policy"
fi
DEBIAN_FRONTEND=noninteractive "$@"
`;
