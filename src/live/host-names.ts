/** The host names by which a server may be addressed. */
import { hostname, networkInterfaces } from 'node:os';

const loopback = ['127.0.0.1', '::1', 'localhost'];
const everywhere = ['0.0.0.0', '::'];

/** Whether the address is reachable from this machine alone. */
export function isLoopback(host: string): boolean {
  return loopback.includes(host);
}

/**
 * Values of the Host header that denote the bound address. Any other value means that a foreign name was made to
 * resolve to this address (DNS rebinding), by which a foreign page could read this one.
 * @param host the address that the server was bound to
 */
export function ownHosts(host: string, port: number): Set<string> {
  const names = isLoopback(host) ? [host, 'localhost'] : everywhere.includes(host) ? machineNames() : [host];
  const hosts = names.map((name) => (name.includes(':') ? `[${name}]` : name).toLowerCase());
  // A browser omits HTTP's default port.
  return new Set(hosts.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
}

function machineNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(
    (all) => all?.map(({ address }) => address) ?? [],
  );
  return [...addresses, 'localhost', hostname()];
}

/** The host as it is written in a URL. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
