import { call, type PoolOptions, type PoolRef, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { stop } from 'nact'
import { join } from 'node:path'
import { system } from './fixtures/quiet-system'
import Reasons, { CODES, words } from './fixtures/reasons'
import { until } from './fixtures/until'

type How = 'wait' | 'loop'
/** In process, in a thread, and in a thread in a loop that awaits nothing. Not looked at: where the thread is ended. */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  'the deadline passes': ['EXPIRED', 'EXPIRED', 'EXPIRED'],
  'the caller aborts': ['CANCELLED with a cause', 'CANCELLED with a cause', 'CANCELLED'],
  'the pool is stopped': ['STOPPED', 'STOPPED', 'STOPPED'],
  'the member is replaced as stuck': ['CRASHED with a cause'],
}
const WAYS = [
  ['here', 'wait'],
  ['thread', 'wait'],
  ['thread', 'loop'],
] as const

/** The code of the reason that a handler finds in its signal, and whether that has a cause. */
async function reasonOf([where, how]: (typeof WAYS)[number], what: string): Promise<string> {
  words.fill(0)
  const file = join(__dirname, 'fixtures', 'reasons.ts')
  const behaviour = where === 'here' ? Reasons : threads<typeof Reasons>(file, { workerData: words.buffer })
  const options: PoolOptions = { size: 1, ...(what.includes('stuck') ? { stuckAfter: 60 } : {}) }
  const pool = spawnPool(system, behaviour, undefined, options)
  await ready(pool as PoolRef)
  const controller = new AbortController()
  const timeout = what.includes('deadline') ? 100 : 10_000
  const answer = call(pool, { type: how as How }, { timeout, signal: controller.signal }).catch(() => undefined)
  await until(() => Atomics.load(words, 0) === 1)
  if (what.includes('stopped')) stop(pool)
  if (what.includes('aborts')) controller.abort(new Error('the user left'))
  await until(() => Atomics.load(words, 1) !== 0)
  await answer
  if (!what.includes('stopped')) stop(pool)
  const code = (CODES[Atomics.load(words, 1)] ?? '').replace('ERR_GENPOOL_', '')
  return Atomics.load(words, 2) === 1 ? `${code} with a cause` : code
}

describe('the reason of ctx.signal', () => {
  it.each(Object.entries(FOUND))('when %s', async (what, reasons) => {
    const found: string[] = []
    for (const way of WAYS.slice(0, reasons.length)) found.push(await reasonOf(way, what))
    expect(found).toEqual(reasons)
  })
})
