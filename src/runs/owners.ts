/**
 * Processes that work on a run directory: locks/owners/<id>.json, one per process, rewritten every few seconds while it
 * lives. Clocks of different machines are never compared.
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
  /** Distinguishes machines, boots and containers of one host name; empty where the system has no such id. */
  readonly machine: string;
  readonly pid: number;
  /** Start time of the process, in ticks of its machine: process ids are reused. Empty where it is unknown. */
  readonly processStarted: string;
  /** Grows while the owner lives. */
  readonly counter: number;
}

/**
 * Milliseconds without a change of its counter after which an owner is dead; more heartbeats than a busy file system
 * delays.
 */
const deadAfter = 60_000;

export function locksFolder(directory: string): string {
  return join(directory, 'locks');
}

export function ownersFolder(directory: string): string {
  return join(locksFolder(directory), 'owners');
}

/** The lock of protocol.yaml, beside those of trials: a process that writes that file holds it. */
export const protocolLock = 'protocol';
/** The lock of the report, which takes seconds to draw: one process draws it. */
export const reportLock = 'report';

/** Whether a name under locks/ is the key of a trial. */
export function isTrialLock(name: string): boolean {
  return !['owners', protocolLock, reportLock].includes(name);
}

/** Every owner that has a file, living or dead. */
export async function readOwners(directory: string): Promise<Owner[]> {
  const owners: Owner[] = [];
  for (const name of await namesIn(ownersFolder(directory))) {
    const owner = name.endsWith('.json') && (await readOwner(directory, name.slice(0, -'.json'.length)));
    if (owner) owners.push(owner);
  }
  return owners;
}

/** Owners that are not certainly dead: for one of another machine a single reading cannot decide. */
export async function liveOwners(directory: string): Promise<Owner[]> {
  return (await readOwners(directory)).filter((owner) => !hasEnded(owner));
}

/** Owner ids by the key of the trial that each holds, including dead owners. */
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

/** The valid lock of a trial: the highest generation. */
export async function readLock(directory: string, key: string): Promise<Lock | undefined> {
  const folder = join(locksFolder(directory), key);
  const generations = (await namesIn(folder)).map(Number).filter(Number.isSafeInteger);
  if (generations.length === 0) return undefined;
  const generation = Math.max(...generations);
  try {
    return { generation, owner: (await readFile(join(folder, String(generation)), 'utf8')).trim() };
  } catch (error) {
    if (isMissing(error)) return undefined; // Released meanwhile.
    throw error;
  }
}

/** Decides whether owners are dead, from repeated readings. */
export class OwnerWatch {
  readonly #observed = new Map<string, { counter: number; since: number }>();

  /** @param now milliseconds of a monotonic clock */
  constructor(
    readonly directory: string,
    readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Whether the owner has left, its process has ended, or its counter has not changed for a minute of this watch's
   * time.
   */
  async isDead(id: string): Promise<boolean> {
    const owner = await readOwner(this.directory, id);
    if (owner === undefined || hasEnded(owner)) return true;
    const seen = this.#observed.get(id);
    if (seen?.counter === owner.counter) return this.now() - seen.since >= deadAfter;
    this.#observed.set(id, { counter: owner.counter, since: this.now() });
    return false;
  }
}

/** The owner record of this process. */
export function ownerHere(id: string): Owner {
  const processStarted = processState(process.pid)?.started ?? '';
  return { id, host: hostname(), machine: thisMachine(), pid: process.pid, processStarted, counter: 0 };
}

/** Whether it is certain that the owner's process has ended. */
function hasEnded(owner: Owner): boolean {
  const { pid, processStarted } = owner;
  if (!isHere(owner)) return false;
  if (!isRunning(pid)) return true;
  const found = processState(pid);
  return found !== undefined && (found.ended || found.started !== processStarted);
}

/** Whether it is a process of this machine. */
export function isHere({ host, machine }: Owner): boolean {
  return host === hostname() && machine === thisMachine();
}

/** Linux: the boot and the process-id name space. Elsewhere the host name is used. */
function thisMachine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** The state of a process on Linux: its start, and whether it has ended and waits for its parent. */
function processState(pid: number): { started: string; ended: boolean } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // From the third field on: state, ...
    return { started: fields[19] as string, ended: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined; // Another system, or a process that is hidden from this user.
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

/** undefined where the owner has left. An unreadable file counts as an unchanged counter. */
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
