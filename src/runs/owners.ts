/**
 * Who works on a run directory: locks/owners/<id>.json, one per process, rewritten every few seconds for as long as it lives.
 * Clocks of different machines are never compared.
 */

import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../errors.js';
import { namesIn } from './names-in.js';
import { isMissing } from './read-bytes.js';

export interface Owner {
  readonly id: string;
  readonly host: string;
  /** What tells machines, boots and containers of one host name apart; empty where there is no such thing. */
  readonly machine: string;
  readonly pid: number;
  /** When the process started, in ticks of its machine: process ids are used again. Empty where nobody tells. */
  readonly processStarted: string;
  /** Grows while the owner lives. */
  readonly counter: number;
}

/** Milliseconds that a counter may stand still; as many heartbeats as no busy file system swallows. */
const patience = 60_000;

export function locksFolder(directory: string): string {
  return join(directory, 'locks');
}

export function ownersFolder(directory: string): string {
  return join(locksFolder(directory), 'owners');
}

/** The lock of protocol.yaml, among those of trials: whoever writes that file holds it. */
export const protocolLock = 'protocol';
/** The lock of the report, which takes seconds to draw: one process does. */
export const reportLock = 'report';

/** Whether a name under locks/ is the key of a trial. */
export function isTrialLock(name: string): boolean {
  return !['owners', protocolLock, reportLock].includes(name);
}

/** Every owner that has left its file, living or dead. */
export async function readOwners(directory: string): Promise<Owner[]> {
  const owners: Owner[] = [];
  for (const name of await namesIn(ownersFolder(directory))) {
    const owner = name.endsWith('.json') && (await readOwner(directory, name.slice(0, -'.json'.length)));
    if (owner) owners.push(owner);
  }
  return owners;
}

/** Those that are not known to be dead: of another machine that cannot be told from one look. */
export async function liveOwners(directory: string): Promise<Owner[]> {
  return (await readOwners(directory)).filter((owner) => !isGone(owner));
}

/** Owner ids by the key of the trial that each holds, dead ones among them. */
export async function ownersOf(directory: string): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for (const key of await namesIn(locksFolder(directory))) {
    const lock = isTrialLock(key) ? await readLock(directory, key) : undefined;
    if (lock) held.set(key, lock.owner);
  }
  return held;
}

export interface Lock {
  readonly generation: number;
  readonly owner: string;
}

/** The lock of a trial that counts: the highest generation. */
export async function readLock(directory: string, key: string): Promise<Lock | undefined> {
  const folder = join(locksFolder(directory), key);
  const generations = (await namesIn(folder)).map(Number).filter(Number.isSafeInteger);
  if (generations.length === 0) return undefined;
  const generation = Math.max(...generations);
  try {
    return { generation, owner: (await readFile(join(folder, String(generation)), 'utf8')).trim() };
  } catch (error) {
    if (isMissing(error)) return undefined; // released meanwhile
    throw error;
  }
}

/** Tells the dead from the living by what it has seen of them. */
export class OwnerWatch {
  readonly #seen = new Map<string, { counter: number; since: number }>();

  /** @param now milliseconds of a clock that is never set back */
  constructor(
    readonly directory: string,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether the owner has left, its process is gone, or its counter has stood still for a minute of this watch's time. */
  async isDead(id: string): Promise<boolean> {
    const owner = await readOwner(this.directory, id);
    if (owner === undefined || isGone(owner)) return true;
    const seen = this.#seen.get(id);
    if (seen?.counter === owner.counter) return this.now() - seen.since >= patience;
    this.#seen.set(id, { counter: owner.counter, since: this.now() });
    return false;
  }
}

/** What is true of this process. */
export function ownerHere(id: string): Owner {
  const processStarted = lookAt(process.pid)?.started ?? '';
  return { id, host: hostname(), machine: thisMachine(), pid: process.pid, processStarted, counter: 0 };
}

/** Whether it is certain that the owner's process has ended. */
function isGone(owner: Owner): boolean {
  const { pid, processStarted } = owner;
  if (!isHere(owner)) return false;
  if (!isRunning(pid)) return true;
  const found = lookAt(pid);
  return found !== undefined && (found.ended || found.started !== processStarted);
}

/** Whether it is a process of this machine. */
export function isHere({ host, machine }: Owner): boolean {
  return host === hostname() && machine === thisMachine();
}

/** Linux: the boot and the process-id name space. Elsewhere the host name has to do. */
function thisMachine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** A process as Linux shows it: when it started, and whether it is only kept for its parent to ask about. */
function lookAt(pid: number): { started: string; ended: boolean } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // from the third on: state, ...
    return { started: fields[19] as string, ended: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined; // another system, or a process that is hidden from this user
  }
}

/** Whether this machine has such a process, of whatever user. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Nothing where the owner has left. A file that cannot be read tells no counter: it stands still. */
async function readOwner(directory: string, id: string): Promise<Owner | undefined> {
  let text: string;
  try {
    text = await readFile(join(ownersFolder(directory), `${id}.json`), 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return { ...(JSON.parse(text) as Owner), id };
  } catch {
    return { id, host: '', machine: '', pid: 0, processStarted: '', counter: 0 };
  }
}
