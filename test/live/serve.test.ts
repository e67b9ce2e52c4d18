import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownHosts, urlOf } from '../../src/live/host-names.js';
import { type LiveServer, serveLivePage } from '../../src/live/serve.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { RunningSweep } from './running-sweep.js';

let sweep: RunningSweep;
let server: LiveServer;
beforeEach(async () => {
  sweep = await RunningSweep.of(smallProtocol());
  server = await serveLivePage(sweep.directory, { host: '127.0.0.1', port: 0, pause: 20 });
});
afterEach(async () => {
  await server.close();
  await sweep.remove();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Written to the socket as it stands: a client of a higher level would tidy the path up. */
function ask(path: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path, ...options }, (response) => {
      let text = '';
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.on('error', reject).end();
  });
}

/** Events of one page until `enough` says so. */
function listen(enough: (events: [string, unknown][]) => boolean): Promise<[string, unknown][]> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path: '/events' }, (response) => {
      let text = '';
      response.on('error', () => undefined);
      response.on('data', (piece) => {
        text += piece;
        const events = [...text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(
          ([, name, data]): [string, unknown] => [name as string, JSON.parse(data as string)],
        );
        if (!enough(events)) return;
        asked.destroy();
        resolve(events);
      });
    });
    asked.on('error', reject).end();
  });
}

describe('the server of the live page', () => {
  it('serves a page that may load nothing from elsewhere', async () => {
    const { status, headers, text } = await ask('/');
    expect(status).toBe(200);
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'; script-src 'sha256-");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(text).toContain(sweep.directory);
    // Outside of its scripts, which the policy holds back.
    expect(text.replace(/<script>.*?<\/script>/gs, '').match(/(?:src|href)="(?!data:)/)).toBeNull();
    const hashes = String(policy).match(/'sha256-/g);
    expect(hashes).toHaveLength(text.match(/<(?:script|style)>/g)?.length ?? 0);
  });

  it.each(['evil.example', 'evil.example:PORT', '127.0.0.1', '127.0.0.1:1', '127.0.0.1.evil.example:PORT'])(
    'refuses the Host %j',
    async (host) => {
      for (const path of ['/', '/events']) {
        const { status, text } = await ask(path, {
          headers: { Host: host.replace('PORT', String(server.port)) },
        });
        expect(status).toBe(403);
        expect(text).toBe(
          `This page is to be asked for as 127.0.0.1:${server.port} or localhost:${server.port}.\n`,
        );
      }
    },
  );

  it('accepts localhost, as through a tunnel', async () => {
    expect((await ask('/', { headers: { Host: `LocalHost:${server.port}` } })).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses the method %s', async (method) => {
    const { status, headers, text } = await ask('/', { method });
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD');
    expect(text).toBe('This page can only be read.\n');
  });

  it('answers HEAD without a body', async () => {
    const { status, text } = await ask('/', { method: 'HEAD' });
    expect({ status, text }).toEqual({ status: 200, text: '' });
    expect((await ask('/events', { method: 'HEAD' })).status).toBe(200);
  });

  it.each([
    '/protocol.yaml',
    '/../protocol.yaml',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd',
    '/trials/',
    '/events/../protocol.yaml',
    'http://127.0.0.1/protocol.yaml',
  ])('serves no file, such as %s', async (path) => {
    await sweep.begin();
    const { status, text } = await ask(path);
    expect(status).toBe(404);
    expect(text).toBe('There is one page here, at /.\n');
  });

  it('sends the whole state to a new page, and then the changes', async () => {
    await sweep.begin();
    await sweep.reach(0, 0.5);
    let asked = false;
    const events = await listen((known) => {
      if (known.length === 2 && !asked) {
        asked = true;
        void sweep.finish(0);
      }
      return known.some(
        ([name, state]) =>
          name === 'state' && (state as { counts: { finished: number } }).counts.finished === 1,
      );
    });
    const [[first, state], [second, curves]] = events as [[string, object], [string, object]];
    expect(first).toBe('state');
    expect(state).toMatchObject({ total: 8, counts: { paused: 1, waiting: 7 }, directory: sweep.directory });
    expect(second).toBe('curves');
    expect(curves).toMatchObject({ restarted: true });
    const found = (curves as { curves: { key: string; curve: { epoch: number[] } | null }[] }).curves;
    expect(found.filter(({ curve }) => curve).map(({ key }) => key)).toEqual([sweep.at(0).key]);
  });

  it('follows a directory that is created later', async () => {
    let begun = false;
    const events = await listen((known) => {
      if (!begun && known.length > 0) {
        begun = true;
        void sweep.begin();
      }
      return known.some(
        ([name, state]) => name === 'state' && (state as { absent: unknown }).absent === null,
      );
    });
    expect(events[0]?.[1]).toMatchObject({
      absent: `${sweep.directory} does not exist yet: a sweep makes it when it begins`,
      total: 0,
    });
  });

  it('fails when the port is in use', async () => {
    await expect(
      serveLivePage(sweep.directory, { host: '127.0.0.1', port: server.port }),
    ).rejects.toMatchObject({
      code: 'port_unavailable',
      message:
        `port ${server.port} of 127.0.0.1 is in use, perhaps by another \`eigenstudent watch\`. Take another with ` +
        '--port N, or any free one with --port 0',
    });
  });

  it('fails when the host is another machine', async () => {
    await expect(serveLivePage(sweep.directory, { host: '203.0.113.7', port: 0 })).rejects.toMatchObject({
      code: 'port_unavailable',
      message:
        '203.0.113.7 is not an address of this machine. Take 127.0.0.1, or 0.0.0.0 for all of its addresses',
    });
  });
});

describe('names of the server', () => {
  it('are those of the bound address', () => {
    expect([...ownHosts('127.0.0.1', 7411)]).toEqual(['127.0.0.1:7411', 'localhost:7411']);
    expect([...ownHosts('::1', 7411)]).toEqual(['[::1]:7411', 'localhost:7411']);
    expect([...ownHosts('Lab.example', 80)]).toEqual(['lab.example', 'lab.example:80']);
    expect(ownHosts('0.0.0.0', 9)).toContain('127.0.0.1:9');
    expect(urlOf('::1', 80)).toBe('http://[::1]:80/');
  });
});
