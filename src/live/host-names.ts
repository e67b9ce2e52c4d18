/** By which names a server may be addressed. */
import { hostname, networkInterfaces } from 'node:os';

const loopback = ['127.0.0.1', '::1', 'localhost'];
const everywhere = ['0.0.0.0', '::'];

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return loopback.includes(host);
}

/**
 * Values of the Host header that are the bound address's own. Another one means that a name of somebody else was made to
 * point here (DNS rebinding), by which a foreign page could read this one.
 * @param host that the server was bound to
 */
export function ownHosts(host: string, port: number): Set<string> {
  const names = isLoopback(host) ? [host, 'localhost'] : everywhere.includes(host) ? machineNames() : [host];
  const hosts = names.map((name) => (name.includes(':') ? `[${name}]` : name).toLowerCase());
  // A browser leaves the port out where it is HTTP's own.
  return new Set(hosts.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
}

function machineNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(
    (all) => all?.map(({ address }) => address) ?? [],
  );
  return [...addresses, 'localhost', hostname()];
}

/** As it stands in an address. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
