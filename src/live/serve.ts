/** The server of the live page. It is read-only and has two paths: the page and its events. It serves no files. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codeOf, EigenstudentError } from '../errors.js';
import { Broadcast } from './broadcast.js';
import { EventStream } from './event-stream.js';
import { ownHosts, urlOf } from './host-names.js';
import { livePage } from './live-page.js';

export interface LiveServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Ends every page's stream and frees the port. */
  close(): Promise<void>;
}

export interface LiveServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Milliseconds between two reads of the directory. Default: 1000 */
  readonly pause?: number;
}

/**
 * Serves the page that follows a run directory, which need not exist yet.
 * @throws port_unavailable when the port is in use, not allowed, or the host is not an address of this machine;
 *   file_unreadable: see livePage
 */
export async function serveLivePage(
  directory: string,
  { host, port, pause }: LiveServerOptions,
): Promise<LiveServer> {
  const broadcast = new Broadcast(directory, pause);
  const page = await livePage(directory);
  let hosts: ReadonlySet<string> = new Set();
  const server = createServer((request, response) => {
    if (!isAllowed(request, response, hosts)) return;
    const path = request.url?.replace(/\?.*$/s, '');
    if (path === '/') respond(response, 200, page.html, page.headers);
    else if (path === '/events') openStream(request, response, broadcast);
    else respond(response, 404, 'There is one page here, at /.\n');
  });
  await bound(server, host, port);
  const address = server.address() as AddressInfo;
  hosts = ownHosts(host, address.port);
  return {
    url: urlOf(host, address.port),
    host,
    port: address.port,
    close: () => {
      broadcast.end();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Refuses requests with a foreign Host header or with a method that does not read. */
function isAllowed(request: IncomingMessage, response: ServerResponse, hosts: ReadonlySet<string>): boolean {
  for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
  const { host } = request.headers;
  if (host === undefined || !hosts.has(host.toLowerCase())) {
    respond(response, 403, `This page is to be asked for as ${[...hosts].join(' or ')}.\n`);
    return false;
  }
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  respond(response, 405, 'This page can only be read.\n', { Allow: 'GET, HEAD' });
  return false;
}

const commonHeaders = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

function respond(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const plain = { 'Content-Type': 'text/plain; charset=utf-8' };
  response.writeHead(status, { ...plain, ...headers, 'Content-Length': Buffer.byteLength(text) });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

function openStream(request: IncomingMessage, response: ServerResponse, broadcast: Broadcast): void {
  const stream = new EventStream(response);
  if (request.method === 'HEAD') {
    stream.end();
    return;
  }
  response.on('close', () => broadcast.leave(stream));
  broadcast.join(stream);
}

function bound(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(unavailable(host, port, cause)));
    server.listen({ host, port, exclusive: true }, resolve);
  });
}

function unavailable(host: string, port: number, cause: Error): EigenstudentError {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} of ${host} is in use, perhaps by another \`eigenstudent watch\`. Take another with --port N, or any free one with --port 0`,
    EACCES: `port ${port} of ${host} is for the administrator only. Take one above 1023 with --port N`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. Take 127.0.0.1, or 0.0.0.0 for all of its addresses`,
    ENOTFOUND: `no address is known for ${host}. Take 127.0.0.1, or 0.0.0.0 for all of this machine's addresses`,
  };
  const message = why[codeOf(cause) ?? ''] ?? `cannot listen on port ${port} of ${host}: ${cause.message}`;
  return new EigenstudentError('port_unavailable', message, { cause });
}
