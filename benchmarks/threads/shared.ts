import { call, ready, spawnPool } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import { line, rounds } from './ratios'

const file = join(__dirname, '..', '..', 'threads', 'state.cjs')

interface State {
  count: number
  groups: Record<string, Record<string, { n: number }>>
}

async function poolOf(
  system: ActorSystemRef,
  name: string,
  { env = {}, prefetch = 'auto' }: { env?: Record<string, string>; prefetch?: 'auto' | number } = {},
) {
  const store = createStore()
  const behaviour = threads<never>(file, { env: { ...process.env, ...env }, prefetch })
  const options = { size: 2, timeout: 60_000, state: { type: 'shared', store, key: 'state' } }
  const pool = spawnPool(system, behaviour as never, name, options as never) as never
  await ready(pool)
  return { pool, cell: store.cell<State>('state') }
}

/**
 * How long a change takes until a message has seen it in a thread: after its commit here, and with it. A commit of a plain object
 * copies its keys, wherever it is.
 */
async function reach({ pool, cell }: Awaited<ReturnType<typeof poolOf>>, ms: number) {
  const begin = performance.now()
  let thread = 0
  let times = 0
  for (; performance.now() - begin < ms; times++) {
    cell.update((draft) => void (draft.groups['g0']!['k0']!.n += 1))
    const committedAt = performance.now()
    await call(pool, { type: 'read', i: 0 } as never)
    thread += performance.now() - committedAt
  }
  return { thread: thread / times, both: (performance.now() - begin) / times }
}

/** What a state that threads share costs. */
export async function sharedRows(times: number, ms: number): Promise<readonly string[]> {
  const system = start()
  const still = await poolOf(system, 'still')
  const moving = await poolOf(system, 'moving')
  const small = await poolOf(system, 'small', { env: { SMALL: '1' } })
  // Of 64 in flight each thread has half.
  const busy = await poolOf(system, 'busy', { env: { SMALL: '1' }, prefetch: 32 })
  let i = 0
  const read = (pool: never) => () => call(pool, { type: 'read', i: i++ } as never)
  const change = (): void => void moving.cell.update((draft) => void (draft.groups['g1']!['k1']!.n += 1))
  const timer = setInterval(change, 10)
  const reads = await rounds({ still: read(still.pool), moving: read(moving.pool) }, { times, ms, inFlight: 64 })
  clearInterval(timer)
  const reached: Record<string, number>[] = []
  for (let round = -1; round < times; round++) {
    const large = await reach(still, ms)
    const one = await reach(small, ms)
    // The first round is for the compiler.
    if (round >= 0) reached.push({ thread: one.thread / large.thread, both: one.both / large.both })
  }
  const count = (pool: never) => () => call(pool, { type: 'count' } as never)
  const subjects = { auto: count(small.pool), two: count(busy.pool) }
  await rounds(subjects, { times: 1, ms: 2000, inFlight: 64 })
  const commits = await rounds(subjects, { times, ms, inFlight: 64 })
  stop(system)
  return [
    line(
      'reading 10 000 keys, 100 changes a second / none',
      reads.map((of) => of['moving']! / of['still']!),
      '0.9',
    ),
    line(
      'a change that is committed reaches a thread, 10 000 keys / 1 key',
      reached.map((of) => of['thread']!),
      '0.8',
    ),
    line(
      'the same, with its commit in the main thread',
      reached.map((of) => of['both']!),
      '-',
    ),
    line(
      'commits of one counter by a pool of two threads',
      commits.map((of) => of['auto']!),
      '100,000',
      '/s',
    ),
    line(
      'the same, with both threads at work all the time',
      commits.map((of) => of['two']!),
      '100,000',
      '/s',
    ),
  ]
}
