import { describe, expect, it } from 'vitest';
import { Peers } from '../../bench/peer-process.js';

/** Speaks the protocol: each repeat takes it a quarter of a second, it says. */
const wellBehaved = `
console.log(JSON.stringify({ torch: '9.9' }));
require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => console.log(JSON.stringify({ seconds: Number(line) / 4 })));
`;

function peersThatRun(text: string): Peers {
  return new Peers({ seconds: 1, programs: { torch: { command: [process.execPath, '-e', text] } } });
}

const request = { name: 'torch', program: 'torch', options: [], unitsPerRepeat: 27 } as const;

describe('Peers', () => {
  it('asks a process for repeats and takes the time that it measured itself', async () => {
    const peers = peersThatRun(wellBehaved);
    await peers.open(request);
    const [torch] = peers.contenders;
    expect(torch).toMatchObject({ name: 'torch', unitsPerRepeat: 27, facts: { torch: '9.9' } });
    expect(await torch?.run(8)).toBe(2000);
    expect(await torch?.run(2)).toBe(500);
    peers.close();
    expect(peers.missing).toEqual({});
  });

  it('says why a peer is missing, and goes on without it', async () => {
    const peers = new Peers({ seconds: 1, programs: { torch: { missing: 'no Python here imports torch' } } });
    expect(await peers.open(request)).toBeUndefined();
    expect(peers.contenders).toEqual([]);
    expect(peers.missing).toEqual({ torch: 'no Python here imports torch' });
  });

  it('refuses to go on with one that died', async () => {
    await expect(peersThatRun('process.exit(3)').open(request)).rejects.toThrow('ended without an answer');
    const peers = new Peers({ seconds: 1, programs: { torch: { command: ['/no/such/program'] } } });
    await expect(peers.open(request)).rejects.toThrow('ENOENT');
  });
});
