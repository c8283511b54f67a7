import {
  call,
  cast,
  configure,
  drain,
  getState,
  idle,
  inspect,
  type PoolOptions,
  ready,
  spawnPool,
} from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { type ThreadOptions, threads } from '@genpool/threads'
import { stop } from 'nact'
import { join } from 'node:path'
import type InstancesPool from './fixtures/instances'
import { factsOf } from './fixtures/instances'
import type RecentPool from './fixtures/recent'
import { orderOf, type Recent } from './fixtures/recent'
import type Shared from './fixtures/shared'
import { file, system, words } from './fixtures/shared-system'
import { until } from './fixtures/until'

const instancesFile = join(__dirname, 'fixtures', 'instances.ts')
const recentFile = join(__dirname, 'fixtures', 'recent.ts')

const open = (options: PoolOptions = {}, of: ThreadOptions = {}) => {
  const behaviour = threads<typeof Shared>(file, { workerData: words.buffer, ...of })
  return spawnPool(system, behaviour, 'shared', {
    size: 2,
    state: 'shared',
    timeout: 50_000,
    ...options,
  } as PoolOptions)
}
const oneTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const each = <T>(n: number, make: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => make(i)))

describe('a state that members in threads share', () => {
  it('is made once, by init in a thread', async () => {
    const pool = open()
    await ready(pool)
    expect(getState(pool)).toEqual({ n: 0, seen: [] })
    await each(10, () => call(pool, { type: 'add' }))
    expect(words[0]).toBe(1)
    expect(getState(pool)).toEqual({ n: 10, seen: [] })
  })

  it('has its keys and items in the same order in all threads, also when they are taken out and put back', async () => {
    const pool = spawnPool(system, threads<typeof RecentPool>(recentFile), 'recent', { size: 2, state: 'shared' })
    let order = 'abcd'
    for (const name of 'acbbad'.repeat(5)) {
      order = order.replace(name, '') + name
      expect(await call(pool, { type: 'touch', name })).toBe([order, order, order].join(' '))
    }
    const seen = new Map<number, string>()
    while (seen.size < 2) {
      for (const { thread, order } of await each(4, () => call(pool, { type: 'order' }))) seen.set(thread, order)
    }
    expect(new Set([...seen.values(), orderOf(getState(pool) as Recent)])).toEqual(
      new Set([[order, order, order].join(' ')]),
    )
  })

  it.each(['recipe', 'whole', 'exclusive'] as const)(
    'is plain data for all, also for who has put instances into it: %s',
    async (type) => {
      const pool = spawnPool(system, threads<typeof InstancesPool>(instancesFile), 'instances', {
        size: 2,
        state: 'shared',
      })
      const plain = 'undefined false false false'
      expect(await call(pool, { type })).toBe(plain)
      const seen = new Map<number, string>()
      while (seen.size < 2) {
        for (const { thread, facts } of await each(4, () => call(pool, { type: 'read' }))) seen.set(thread, facts)
      }
      expect([...seen.values(), factsOf(getState(pool) as never)]).toEqual([plain, plain, plain])
    },
  )

  it('is committed to by one thread while the other computes, also after they have committed in turns', async () => {
    const pool = open({}, { prefetch: 16 })
    await ready(pool)
    let done = 0
    let isOver = false
    const busy = each(24, async () => {
      for (; !isOver; done++) await call(pool, { type: 'add' })
    })
    await until(() => done > 500)
    const long = call(pool, { type: 'add', ms: 1_500 })
    const before = done
    await long
    expect(done - before).toBeGreaterThan(20)
    isOver = true
    await busy
    expect(getState(pool)).toMatchObject({ n: done + 1 })
  })

  it('that the main thread made unsendable says what in it is wrong; when it is well again, the pool goes on', async () => {
    const store = createStore()
    const restart = { attempts: Infinity, backoff: { min: 1, max: 20 } }
    const pool = open({ size: 1, state: { type: 'shared', store, key: 'k' }, restart } as PoolOptions)
    await ready(pool)
    const cell = store.cell<{ n: number; seen: unknown[] }>('k')
    void cell.update((draft) => void draft.seen.push('fine', { by: Symbol('who') }))
    await expect(call(pool, { type: 'add' }, { timeout: 2000 })).rejects.toThrow(
      /state that was committed in the main thread was refused[^]*at seen\[1\]\.by: it is a symbol, which cannot be sent/,
    )
    void cell.update((draft) => void draft.seen.pop())
    expect(await call(pool, { type: 'add' })).toBe(1)
    expect(getState(pool)).toEqual({ n: 1, seen: ['fine'] })
  })

  it.each([
    ['a recipe without the state', 'add'],
    ['a recipe beside what was read', 'ticket'],
    ['a returned state', 'next'],
    ['an exclusive commit', 'exclusive'],
  ] as const)('gives each caller an answer of its own: %s', async (_, type) => {
    const pool = open()
    await ready(pool)
    const answers = await each(100, () => call(pool, { type }))
    expect(sorted(answers as number[])).toEqual(oneTo(100))
    expect(getState(pool)).toMatchObject({ n: 100 })
  })

  it('gives each caller an answer of its own when all of these are mixed', async () => {
    const pool = open({ size: 3 })
    await ready(pool)
    const types = ['add', 'ticket', 'next', 'exclusive'] as const
    const answers = await each(200, (i) => call(pool, { type: types[i % 4] as 'add' }))
    expect(sorted(answers)).toEqual(oneTo(200))
  })

  it('shows a handler everything that was answered before its message was sent', async () => {
    const pool = open({ size: 3 })
    await ready(pool)
    for (let i = 1; i <= 150; i++) {
      const n = await call(pool, { type: i % 2 === 0 ? 'add' : 'ticket' })
      const seen = await each(4, () => call(pool, { type: 'read' }))
      for (const state of seen) expect(state.n).toBe(n)
    }
  })

  it('shows a handler what was committed in this thread before its message was sent', async () => {
    const store = createStore()
    const pool = open({ state: { type: 'shared', store, key: 'x' } })
    await ready(pool)
    const cell = store.cell<{ n: number; seen: string[] }>('x')
    for (let i = 1; i <= 50; i++) {
      cell.update((draft) => void (draft.n = i))
      expect((await call(pool, { type: 'read' })).n).toBe(i)
    }
  })

  it('answers a call whose change is none any more, since another thread has made it', async () => {
    const pool = open({ size: 3 })
    await ready(pool)
    for (let i = 1; i < 20; i += 2) {
      expect(await each(3, () => call(pool, { type: 'once', ms: 5 }))).toEqual([i, i, i])
      await call(pool, { type: 'even' })
    }
  })

  it('is committed as "configure" says, in threads that run already', async () => {
    const pool = open()
    await until(() => inspect(pool).members.idle === 2)
    await each(6, () => call(pool, { type: 'next', ms: 5 }))
    expect(getState(pool).n).toBe(6)
    configure(pool, { state: { commit: 'overwrite' } })
    await each(12, () => call(pool, { type: 'next', ms: 5 }))
    expect(getState(pool).n).toBeLessThan(18)
    configure(pool, { state: { commit: 'exclusive' } })
    const before = getState(pool).n
    await each(6, () => call(pool, { type: 'next', ms: 5 }))
    expect(getState(pool).n).toBe(before + 6)
  })

  it('is overwritten where that is asked for', async () => {
    const pool = open()
    await each(10, (i) => call(pool, { type: 'overwrite', n: i }))
    await idle(pool)
    expect(getState(pool).n).toBeLessThan(10)
  })

  it('is checked by the validator of the pool, and what it refuses fails alone', async () => {
    const validate = ({ n }: { n: number }) => n !== 3 || 'three is not allowed'
    const pool = open({ state: { type: 'shared', validate: validate as never } })
    const answers = await each(5, () => call(pool, { type: 'add' }).catch((error: { code: string }) => error.code))
    expect(answers.filter((answer) => answer === 'ERR_GENPOOL_INVALID')).toHaveLength(3)
    expect(getState(pool).n).toBe(2)
    expect(await call(pool, { type: 'overwrite', n: 7 })).toBe(2)
  })

  it('is watched commit by commit, with patches', async () => {
    const store = createStore()
    const pool = open({ state: { type: 'shared', store, key: 'x' } })
    await ready(pool)
    const heard: unknown[] = []
    store.cell<{ n: number }>('x').watch((value, version, patches) => heard.push([value.n, version, patches]))
    await each(3, () => call(pool, { type: 'add' }))
    expect(heard).toEqual(oneTo(3).map((n) => [n, n, [{ op: 'replace', path: ['n'], value: n }]]))
  })

  it('counts casts and batches', async () => {
    const pool = open()
    for (let i = 0; i < 50; i++) cast(pool, { type: 'bump' })
    for (let i = 0; i < 50; i++) cast(pool, { type: 'many', by: 2 })
    await idle(pool)
    expect(getState(pool).n).toBe(150)
  })

  it('has effects run after the commit, with the committed state', async () => {
    const pool = open()
    expect(await call(pool, { type: 'effect' })).toBe('done')
    await until(() => words[2] === 1)
  })

  it('has handleContinue run after the commit, before anything else of its member', async () => {
    const pool = open({ size: 1 })
    const all = [call(pool, { type: 'halting' }), call(pool, { type: 'read' }) as Promise<unknown>]
    expect(await Promise.all(all)).toEqual(['ended', { n: 1, seen: ['more'] }])
  })

  it('takes nothing of a handler whose caller has given up', async () => {
    const pool = open()
    const controller = new AbortController()
    const late = call(pool, { type: 'late' }, { signal: controller.signal }).catch(
      (error: { code: string }) => error.code,
    )
    await until(() => Atomics.load(words, 3) === 1)
    controller.abort()
    expect(await late).toBe('ERR_GENPOOL_CANCELLED')
    Atomics.store(words, 3, 2)
    await idle(pool)
    expect(await call(pool, { type: 'add' })).toBe(1)
  })

  it('stays as it was if a recipe throws, or makes what cannot be sent', async () => {
    const pool = open()
    await expect(call(pool, { type: 'throwing' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    await expect(call(pool, { type: 'unsendable' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(await call(pool, { type: 'add' })).toBe(1)
  })

  it('outlives its threads', async () => {
    const pool = open()
    await ready(pool)
    let lost = 0
    const answers = await each(60, (i) =>
      (i % 20 === 10 ? call(pool, { type: 'die' }) : call(pool, { type: 'add' })).catch(
        (error: { committed: boolean }) => {
          if (error.committed) lost++
          return 'died'
        },
      ),
    )
    const added = answers.filter((answer) => typeof answer === 'number') as number[]
    expect(new Set(added).size).toBe(added.length)
    expect(getState(pool).n).toBe(added.length + lost)
    expect(await call(pool, { type: 'add' })).toBe(added.length + lost + 1)
  })

  it('is committed from a member that ends itself before the next message of that member', async () => {
    const pool = open({ size: 1 }, { prefetch: 8 })
    await ready(pool)
    const first = call(pool, { type: 'ending' })
    const after = each(3, () => call(pool, { type: 'member' }))
    expect(await first).toBe('member-1.1')
    expect(await after).toEqual(['member-1.2', 'member-1.2', 'member-1.2'])
    expect(getState(pool).n).toBe(1)
  })

  it('is shown to terminate, and no thread is left', async () => {
    const pool = open()
    await until(() => words[0] === 1)
    await each(10, () => call(pool, { type: 'add' }))
    await drain(pool)
    expect(words[1]).toBeGreaterThanOrEqual(1)
  })
})

describe('a commit of a thread whose watcher ends what it is for', () => {
  it.each(['abort', 'stop'])('may count, and its caller is told so: %s', async (how) => {
    const store = createStore()
    const pool = open({ state: { store, key: 'shared' } } as PoolOptions)
    await ready(pool)
    const cell = store.cell<{ n: number }>('shared')
    const before = cell.value.n
    const controller = new AbortController()
    cell.watch(() => (how === 'abort' ? controller.abort() : stop(pool)))
    const error = call(pool, { type: 'add' }, { signal: controller.signal }).catch((reason: unknown) => reason)
    expect(await error).toMatchObject({ started: true, mayBeCommitted: true })
    expect(cell.value.n).toBe(before + 1)
  })
})
