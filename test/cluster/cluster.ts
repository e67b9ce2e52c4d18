/** A Slurm of our own: a controller and two nodes that pretend to have four CPUs, all on this machine and on 127.0.0.1 only. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { kill, processesWith } from './processes.js';
import { until } from './until.js';

/** Why there can be none here; undefined where there can. */
export function whyNoSlurm(): string | undefined {
  const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'scancel'];
  const absent = programs.filter(
    (program) => spawnSync(program, ['-V'], { env: withSbin }).error !== undefined,
  );
  return absent.length === 0 ? undefined : `no ${absent.join(', ')} here; Debian has them in slurm-wlm`;
}

/** Where Debian puts the daemons, which users' PATH may lack. */
const withSbin = { ...process.env, PATH: [process.env.PATH, '/usr/sbin', '/usr/local/sbin'].join(delimiter) };

export const nodes = ['n1', 'n2'] as const;
type NodeName = (typeof nodes)[number];

/** A variable by which the daemons of a node are found again. */
const nodeMark = 'EIGENSTUDENT_TEST_NODE';

export class Cluster {
  readonly #folder: string;
  readonly #daemons = new Map<string, ChildProcess>();

  private constructor(folder: string, ports: readonly number[]) {
    this.#folder = folder;
    for (const name of ['munge', 'state', ...nodes.map((node) => `spool-${node}`)])
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    writeFileSync(this.configuration, configurationText(folder, ports));
  }

  /** @param folder of its own, for configuration, state and logs; removed by stop() */
  static async start(folder: string): Promise<Cluster> {
    const cluster = new Cluster(folder, await freePorts(1 + nodes.length));
    await cluster.#startMunge();
    cluster.startController();
    for (const node of nodes) cluster.startNode(node);
    await cluster.untilIdle();
    return cluster;
  }

  get configuration(): string {
    return join(this.#folder, 'slurm.conf');
  }

  /** For processes that are to meet this cluster and no other. */
  get environment(): NodeJS.ProcessEnv {
    const rest = Object.entries(process.env).filter(
      ([name]) => !/^(SLURM|SBATCH|SQUEUE|SCANCEL)_/.test(name),
    );
    return { ...Object.fromEntries(rest), PATH: withSbin.PATH, SLURM_CONF: this.configuration };
  }

  /** Nobody else on this machine can give the cluster a job: the key and the socket are in a folder of our own. */
  async #startMunge(): Promise<void> {
    const file = (name: string) => join(this.#folder, 'munge', name);
    writeFileSync(file('key'), randomBytes(1024), { mode: 0o600 });
    const files = ['key-file', 'socket', 'pid-file', 'log-file', 'seed-file'];
    // --force: munged would have its socket open to everybody
    this.#start('munged', [
      '--foreground',
      '--force',
      ...files.map((name) => `--${name}=${file(name.split('-')[0] as string)}`),
    ]);
    await until('munged answers', 20, () => existsSync(file('socket')));
  }

  startController(): void {
    this.#start('slurmctld', ['-D', '-f', this.configuration]);
  }

  startNode(node: NodeName): void {
    // the step daemons inherit the mark, jobs do not
    this.#start('slurmd', ['-D', '-f', this.configuration, '-N', node], { [nodeMark]: node });
  }

  #start(program: string, parameters: string[], mark: NodeJS.ProcessEnv = {}): void {
    const environment = { ...this.environment, ...mark };
    const daemon = spawn(program, parameters, { env: environment, stdio: 'ignore', cwd: this.#folder });
    this.#daemons.set(mark[nodeMark] ?? program, daemon);
  }

  async stopController(): Promise<void> {
    await this.#end('slurmctld', 'SIGTERM');
  }

  /** As when its power fails: its daemons, and every process of every job on it. */
  async fail(node: NodeName): Promise<void> {
    // first those that would tell the controller of the end of the others
    kill(processesWith({ SLURM_CONF: this.configuration, [nodeMark]: node }));
    kill(processesWith({ SLURM_CONF: this.configuration, SLURMD_NODENAME: node }));
    await this.#end(node, 'SIGKILL');
  }

  async #end(name: string, signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemons.get(name);
    this.#daemons.delete(name);
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill(signal);
    await gone;
  }

  /** Addresses at which its daemons listen, "address:port", the address in hexadecimal as the kernel has it. */
  listening(): string[] {
    const configuration = readFileSync(this.configuration, 'utf8');
    const ports = [...configuration.matchAll(/Port=(\d+)/g)].map(([, port]) => Number(port));
    return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
      readFileSync(table, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state]) => state === '0A') // LISTEN
        .map(([, local]) => (local as string).split(':') as [string, string])
        .filter(([, port]) => ports.includes(Number.parseInt(port, 16)))
        .map(([address, port]) => `${address}:${Number.parseInt(port, 16)}`),
    );
  }

  /** Output of one of Slurm's commands; throws what it said where it fails. */
  ask(command: string, ...parameters: string[]): string {
    const { status, stdout, stderr } = spawnSync(command, parameters, {
      env: this.environment,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${command} ${parameters.join(' ')}: ${stderr}`);
    return stdout;
  }

  async untilIdle(): Promise<void> {
    await until('both nodes are idle', 60, () => {
      const { stdout } = spawnSync('sinfo', ['-h', '-N', '-o', '%N %t'], {
        env: this.environment,
        encoding: 'utf8',
      });
      return /^n1 idle\nn2 idle\n$/.test(stdout);
    });
  }

  /** Ends whatever it still runs, its daemons, and removes its folder. */
  async stop(): Promise<void> {
    for (const name of [...this.#daemons.keys()]) await this.#end(name, 'SIGTERM');
    kill(processesWith({ SLURM_CONF: this.configuration }));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Ports that nobody listens on at the moment. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * cred_expire: a requeued job is held so long (120 s by default). SlurmdTimeout: a silent node is down after that (300 s). KillWait: from SIGTERM to
 * SIGKILL (30 s). No RequeueExit: a cluster has none unless its administrator says so.
 */
function configurationText(folder: string, [controller, ...ports]: readonly number[]): string {
  return `ClusterName=loopback
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=${userInfo().username}
SlurmdUser=${userInfo().username}
AuthInfo=socket=${folder}/munge/socket,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=${controller}
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd-%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd-%n.log
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
ReturnToService=2
SlurmdTimeout=5
MessageTimeout=2
KillWait=5
SlurmdParameters=config_overrides
${nodes.map((node, i) => `NodeName=${node} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[i]} CPUs=4 RealMemory=1000`).join('\n')}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}
