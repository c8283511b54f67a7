import { call, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import type Counter from './fixtures/counter'

const fixture = (name: string): string => join(__dirname, 'fixtures', name)

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => stop(system))

describe('a pool of threads', () => {
  it('answers calls from a TypeScript module, typed as in process', async () => {
    const pool = spawnPool(system, threads<typeof Counter>(fixture('counter.ts')), 'counter', { size: 1 })
    const first: number = await call(pool, { type: 'add', value: 2 })
    expect(first).toBe(2)
    expect(await call(pool, { type: 'add', value: 3 })).toBe(5)
    expect(await call(pool, { type: 'where' })).toBe('member-1.1')
  })

  it('runs a plain function of a CommonJS module', async () => {
    const pool = spawnPool(system, threads<(task: number) => number>(fixture('double.cjs')), 'double', { size: 2 })
    expect(await Promise.all([1, 2, 3].map((n) => call(pool, n)))).toEqual([2, 4, 6])
  })

  it('runs the exports of an ES module', async () => {
    const pool = spawnPool(system, threads<(task: number) => number>(fixture('double.mjs')), 'double', { size: 1 })
    expect(await call(pool, 4)).toBe(8)
    const triple = threads<(task: number) => number>(fixture('double.mjs'), { export: 'triple' })
    expect(await call(spawnPool(system, triple, 'triple', { size: 1 }), 4)).toBe(12)
  })

  it('runs the exports of an ES module in TypeScript', async () => {
    const behaviour = threads<(task: number) => number>(fixture('quadruple.mts'))
    expect(await call(spawnPool(system, behaviour, 'quadruple', { size: 1 }), 4)).toBe(16)
  })
})
