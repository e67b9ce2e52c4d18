/**
 * A peer in a process of its own, asked over its standard input, so that its samples stand between ours. Protocol: when it
 * is ready it prints a line of JSON about itself; then, for each line that holds a number of repeats, it does so many and
 * prints {"seconds": ...}, measured by itself; at the end of its input it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Contender } from './timing.js';
import type { ProgramName, TrialContext } from './trials/kind.js';

type Facts = Readonly<Record<string, string | number>>;

export interface PeerRequest {
  /** What the result calls it. */
  readonly name: string;
  readonly program: ProgramName;
  readonly options: readonly (string | number)[];
  readonly unitsPerRepeat: number;
}

/** The peers of one trial: those that are here as contenders, those that are not with the reason. */
export class Peers {
  readonly contenders: Contender[] = [];
  readonly missing: Record<string, string> = {};
  readonly #processes: PeerProcess[] = [];

  constructor(private readonly context: TrialContext) {}

  /** Starts a peer that is timed with the others; undefined where it is missing. */
  async open(request: PeerRequest): Promise<PeerProcess | undefined> {
    const peer = await this.start(request);
    if (!peer) return undefined;
    const run = async (repeats: number) => 1000 * (await peer.run(repeats)).seconds;
    const { name, unitsPerRepeat } = request;
    this.contenders.push({ name, unitsPerRepeat, run, facts: peer.facts });
    return peer;
  }

  /** Starts one that is asked for something else than its time. */
  async start({ name, program, options }: PeerRequest): Promise<PeerProcess | undefined> {
    const found = this.context.programs[program] ?? { missing: `${program} was not looked for` };
    if ('missing' in found) {
      this.missing[name] = found.missing;
      return undefined;
    }
    const peer = await PeerProcess.start([...found.command, ...options.map(String)]);
    this.#processes.push(peer);
    return peer;
  }

  close(): void {
    for (const peer of this.#processes) peer.close();
  }
}

interface Answer {
  readonly seconds: number;
  readonly [field: string]: number;
}

export class PeerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    /** What it said of itself. */
    readonly facts: Facts,
  ) {}

  static async start(command: readonly string[]): Promise<PeerProcess> {
    const [program, ...options] = command as [string, ...string[]];
    const child = spawn(program, options, { stdio: ['pipe', 'pipe', 'inherit'], env: fairEnvironment() });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const facts = await Promise.race([nextLine(lines, program), failed]);
    return new PeerProcess(child, lines, facts as Facts);
  }

  async run(repeats: number): Promise<Answer> {
    this.child.stdin?.write(`${repeats}\n`);
    return (await nextLine(this.lines, this.child.spawnfile)) as Answer;
  }

  close(): void {
    this.child.stdin?.end();
  }
}

/**
 * What lets a peer be as fast as it can: OpenBLAS chooses the kernels of this processor, whatever the caller's environment
 * says, and glibc keeps freed buffers. Without that a step of PyTorch returns its large buffers to the kernel and pays for
 * their pages again, which takes up to seven times as long as the step itself.
 */
function fairEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _kernels, OPENBLAS_L2_SIZE: _cache, ...others } = process.env;
  return {
    ...others,
    MALLOC_MMAP_THRESHOLD_: '4000000000',
    MALLOC_TRIM_THRESHOLD_: '4000000000',
    MALLOC_TOP_PAD_: '268435456',
  };
}

async function nextLine(lines: AsyncIterator<string>, program: string): Promise<unknown> {
  const { value, done } = await lines.next();
  if (done) throw new Error(`${program} ended without an answer; its message stands above`);
  return JSON.parse(value);
}
