/** Ends that come while students train. Each in a process of its own: what could happen is a crash or a hang. */
import { describe, expect, it } from 'vitest';
import { backends } from './native-students.js';
import { playChild } from './play-child.js';

/** Longer than playChild() waits, so that its own report comes first; on a busy machine children need it. */
const timeout = 90_000;

describe.each(backends)('%s', { timeout }, (backend) => {
  const play = (scenario: string) => playChild(scenario, backend);

  it('worker_threads terminated in the middle of runs and evaluations end soon, and the process lives', () => {
    const { stderr, ...rest } = play('terminate');
    expect(stderr).toBe('');
    expect(rest).toEqual({ status: 0, signal: null, stdout: 'every worker ended' });
  });

  it('process.exit() in the middle of a run ends the process at once, with its code', () => {
    const start = performance.now();
    expect(play('exit')).toEqual({ status: 7, signal: null, stdout: 'exit', stderr: '' });
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('an uncaught error in the middle of a run ends the process with 1', () => {
    const { stderr, ...rest } = play('uncaught');
    expect(rest).toEqual({ status: 1, signal: null, stdout: '' });
    expect(stderr).toContain('thrown while students train');
  });

  it('populations that are collected during a call complete it, and free their memory', () => {
    expect(play('collect')).toEqual({
      status: 0,
      signal: null,
      stdout: '4 answers, memory given back',
      stderr: '',
    });
  });

  it('a pending run keeps the process alive until it is done', () => {
    expect(play('pending')).toEqual({ status: 0, signal: null, stdout: 'finished', stderr: '' });
  });
});
