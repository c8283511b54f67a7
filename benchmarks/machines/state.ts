import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { natsStore } from '@genpool/nats'
import { type Cell, createStore } from '@genpool/state-ane'
import { connect } from '@nats-io/transport-node'
import { figure, median, type Row } from '../measure'
import { startServer } from './setup'
import type { RoundAsked, RoundTold, StateSetup } from './state-child'

const ROUND_MS = 2000
const ROUNDS = 5
const IN_FLIGHT = 64
const READS = 20_000_000

/** One state for the pools of two processes, on NATS. */
export async function stateRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'genpool-bench-'))
  const server = await startServer(['-js', '-sd', folder])
  try {
    return [...(await commits(server.servers)), await reads(server.servers)]
  } finally {
    server.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function commits(servers: string): Promise<Row[]> {
  const setup: StateSetup = { servers, bucket: 'commits', inFlight: IN_FLIGHT }
  const children = await Promise.all([1, 2].map(() => startChild(setup)))
  let longestMs = 0
  const both = async (who: RoundAsked['who']): Promise<number[]> => {
    const told = await Promise.all(children.map((child) => ask(child, { who, forMs: ROUND_MS })))
    if (who === 'ours') longestMs = Math.max(longestMs, ...told.map((one) => one.longestMs))
    return told.map((one) => one.commits)
  }
  await both('ours')
  await both('theirs')
  longestMs = 0
  const rounds: { readonly ours: number[]; readonly theirs: number[] }[] = []
  for (let i = 0; i < ROUNDS; i++) rounds.push({ ours: await both('ours'), theirs: await both('theirs') })
  await mustBeKept(servers, children, both)
  for (const child of children) child.kill('SIGKILL')
  const perSecond = (counts: readonly number[]): number => (counts.reduce((a, b) => a + b, 0) / ROUND_MS) * 1000
  const ratios = rounds.map(({ ours, theirs }) => perSecond(ours) / perSecond(theirs))
  const shares = rounds.map(({ ours }) => Math.min(...ours) / Math.max(...ours))
  const [own, their] = (['ours', 'theirs'] as const).map((who) => median(rounds.map((round) => perSecond(round[who]))))
  return [
    {
      title: 'commits of one counter from two processes, 64 in flight each / get-and-update loop',
      value: median(ratios),
      unit: 'x',
      atLeast: 30,
      aim: 200,
      better: 'more',
      spread: figure(ratios),
      detail: `${Math.round(own!)}/s against ${Math.round(their!)}/s`,
    },
    {
      title: 'commits of the process that gets less, of those of the other, meanwhile',
      value: median(shares),
      unit: 'x',
      atLeast: null,
      aim: null,
      better: 'more',
      spread: figure(shares),
      detail: `the least of ${ROUNDS} rounds: ${Math.min(...shares).toFixed(2)}; the slowest commit took ${longestMs.toFixed(0)} ms`,
    },
  ]
}

/** A figure of commits that are lost counts nothing. */
async function mustBeKept(
  servers: string,
  children: readonly ChildProcess[],
  both: (who: RoundAsked['who']) => Promise<number[]>,
): Promise<void> {
  const connection = await connect({ servers })
  const store = await natsStore(connection, { bucket: 'commits' })
  const count = async (): Promise<number> => (await store.fresh<{ count: number }>('counter')).count
  const before = await count()
  const made = (await both('ours')).reduce((a, b) => a + b, 0)
  const kept = (await count()) - before
  await connection.close()
  if (kept !== made) throw new Error(`${children.length} processes made ${made} commits, and ${kept} are there`)
}

/** Reads of a replica that is current, beside those of a store in this process. */
async function reads(servers: string): Promise<Row> {
  const connection = await connect({ servers })
  const far = (await natsStore(connection, { bucket: 'reads' })).cell('x', { initial: { count: 1 } })
  const near = createStore().cell('x', { initial: { count: 1 } })
  for (const cell of [far, near]) await cell.update((draft) => void draft.count++)
  const rounds = Array.from({ length: ROUNDS + 2 }, () => ({ far: readsPerSecond(far), near: readsPerSecond(near) }))
  await connection.close()
  const ratios = rounds.slice(2).map((round) => round.far / round.near)
  const millions = (which: 'far' | 'near'): string => (median(rounds.map((round) => round[which])) / 1e6).toFixed(0)
  return {
    title: 'reads of a current replica on NATS / of a store in this process',
    value: median(ratios),
    unit: 'x',
    atLeast: 0.8,
    aim: 1,
    better: 'more',
    spread: figure(ratios),
    detail: `${millions('far')} million/s against ${millions('near')} million/s`,
  }
}

function readsPerSecond(cell: Cell<{ readonly count: number }>): number {
  let sum = 0
  const begun = performance.now()
  for (let i = 0; i < READS; i++) sum += cell.value.count
  if (sum !== 2 * READS) throw new Error('it read something else')
  return (READS / (performance.now() - begun)) * 1000
}

async function startChild(setup: StateSetup): Promise<ChildProcess> {
  const child = fork(join(__dirname, 'state-child.js'), [JSON.stringify(setup)])
  await once(child, 'message')
  return child
}

async function ask(child: ChildProcess, asked: RoundAsked): Promise<RoundTold> {
  const answer = once(child, 'message') as Promise<[RoundTold]>
  child.send(asked)
  return (await answer)[0]
}
