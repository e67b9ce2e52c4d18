import type { ServerResponse } from 'node:http';

/** One page that listens. */
export class EventStream {
  /** What was sent has not left yet: the page gets everything anew once it has. */
  behind = true;

  constructor(private readonly response: ServerResponse) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    // Milliseconds after which a page that lost its server asks again.
    response.write('retry: 1000\n\n');
  }

  /** Whether it keeps up. */
  get ready(): boolean {
    return !this.response.writableNeedDrain;
  }

  send(event: string, value: object): void {
    this.response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
  }

  /** Keeps proxies and tunnels from closing what is silent. */
  breathe(): void {
    this.response.write(': \n\n');
  }

  end(): void {
    this.response.end();
  }
}
