import type { ServerResponse } from 'node:http';

/** The event stream of one connected page. */
export class EventStream {
  /** Earlier events have not been sent yet: the page gets the whole state once they have. */
  behind = true;

  constructor(private readonly response: ServerResponse) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    // Milliseconds after which a page that lost its server reconnects.
    response.write('retry: 1000\n\n');
  }

  /** Whether the page keeps up. */
  get ready(): boolean {
    return !this.response.writableNeedDrain;
  }

  send(event: string, value: object): void {
    this.response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
  }

  /** A comment line, so that proxies and tunnels do not close an idle connection. */
  keepAlive(): void {
    this.response.write(': \n\n');
  }

  end(): void {
    this.response.end();
  }
}
