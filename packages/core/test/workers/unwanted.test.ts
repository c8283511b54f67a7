import { definePool, type PoolOptions, ready, reply, resize, spawnPool, withWorkers } from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'

/** A pool whose second worker never starts, and what that one is told. */
async function open(methods: Record<string, () => void>, options: PoolOptions = {}) {
  let made = 0
  const start = () => (made++ === 0 ? { kind: 'ready', reason: undefined } : new Promise(() => undefined))
  const worker = { state: 0, depth: 1, start, end: () => undefined, ...methods }
  const Far = definePool({ init: () => 0, calls: { work: () => reply('done') } })
  const far = withWorkers(Far, { create: () => worker } as never)
  const pool = spawnPool(system, far, 'far', { size: 2, clock, ...options })
  const begun = ready(pool)
  await clock.settle()
  await begun
  return pool
}

describe('a worker that starts', () => {
  it.each([
    ['is told so', ['unwanted']],
    ['is told to hurry, if it knows nothing else', ['hurry']],
  ])('%s when the pool becomes smaller', async (_, expected) => {
    const told: string[] = []
    const methods = { hurry: () => void told.push('hurry'), unwanted: () => void told.push('unwanted') }
    const pool = await open(expected[0] === 'hurry' ? { hurry: methods.hurry } : methods)
    resize(pool, 1)
    expect(told).toEqual(expected)
  })

  it.each(['the pool stops', 'it takes too long'])('is told to hurry when %s', async (when) => {
    const told: string[] = []
    const methods = { hurry: () => void told.push('hurry'), unwanted: () => void told.push('unwanted') }
    const pool = await open(methods, { restart: { startTimeout: 100, backoff: { min: 1000, max: 1000 } } })
    if (when === 'the pool stops') stop(pool)
    else await clock.advance(100)
    expect(told).toEqual(['hurry'])
  })
})
