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

async function poolOf(system: ActorSystemRef, name: string, env: Record<string, string> = {}) {
  const store = createStore()
  const behaviour = threads<never>(file, { env: { ...process.env, ...env } })
  const options = { size: 2, timeout: 60_000, state: { type: 'shared', store, key: 'state' } }
  const pool = spawnPool(system, behaviour as never, name, options as never) as never
  await ready(pool)
  return { pool, cell: store.cell<State>('state') }
}

/** What a state that threads share costs. */
export async function sharedRows(times: number, ms: number): Promise<readonly string[]> {
  const system = start()
  const still = await poolOf(system, 'still')
  const moving = await poolOf(system, 'moving')
  const small = await poolOf(system, 'small', { SMALL: '1' })
  let i = 0
  const read = (pool: never) => () => call(pool, { type: 'read', i: i++ } as never)
  const change = (): void => void moving.cell.update((draft) => void (draft.groups['g1']!['k1']!.n += 1))
  const timer = setInterval(change, 10)
  const reads = await rounds({ still: read(still.pool), moving: read(moving.pool) }, { times, ms, inFlight: 64 })
  clearInterval(timer)
  /** A change, and a message that sees it. */
  const reach =
    ({ pool, cell }: Awaited<ReturnType<typeof poolOf>>) =>
    () => {
      cell.update((draft) => void (draft.groups['g0']!['k0']!.n += 1))
      return call(pool, { type: 'read', i: 0 } as never)
    }
  const reached = await rounds({ large: reach(still), small: reach(small) }, { times, ms, inFlight: 1 })
  const commits = await rounds({ two: () => call(small.pool, { type: 'count' } as never) }, { times, ms, inFlight: 64 })
  stop(system)
  return [
    line(
      'reading 10 000 keys, 100 changes a second / none',
      reads.map((of) => of['moving']! / of['still']!),
      '0.9',
    ),
    line(
      'one change reaches a thread, 10 000 keys / 1 key',
      reached.map((of) => of['large']! / of['small']!),
      '0.8',
    ),
    line(
      'commits of one counter from two threads',
      commits.map((of) => of['two']!),
      '100,000',
      '/s',
    ),
  ]
}
