/**
 * Whether what goes to a provider at this URL stays between the two: https, or http that does not leave the machine.
 * A name such as `localhost` is whatever a resolver says, so that loopback is an address.
 */
export function isSafeProviderUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackAddress(hostname));
}

const isLoopbackAddress = (hostname: string): boolean => hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
