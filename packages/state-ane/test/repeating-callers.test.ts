import { backedStore, createStore, fileEngine, type InvalidError, spawnState, transact } from '@genpool/state-ane'
import { type ActorSystemRef, query as queryOfNact, start, stop } from 'nact'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leavesTime } from '../../runtime/test/repeating'

const folder = mkdtempSync(join(tmpdir(), 'repeating-'))
const engine = fileEngine(join(folder, 'a'))
let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})

const query = queryOfNact as unknown as (to: unknown, message: unknown, ms: number) => Promise<unknown>
const refusing: object = { initial: 0, validate: (n: unknown) => n === 0 || 'only 0' }
const backed = () =>
  backedStore(refusing, () => ({
    ready: Promise.resolve(),
    known: () => undefined,
    write: (_, put) => Promise.resolve(put()).then(() => true),
  }))
const add = (n: unknown): unknown => (n as number) + 1
const later = <T>(value: T): Promise<T> => Promise.resolve(value)

describe('a caller that tries again as soon as it is refused leaves Node its time', () => {
  it.each<[string, () => () => unknown]>([
    [
      'by a state actor that refuses the message',
      () => {
        const state = spawnState(system, 0, {}, 'state')
        return () => query(state, { type: 'no such' }, 1000)
      },
    ],
    [
      'by a state actor that refuses the state',
      () => {
        const state = spawnState(system, 0, { validate: (n: unknown) => n === 0 || 'only 0' }, 'state')
        return () => query(state, { type: 'compareAndSet', version: 0, next: 1 }, 1000)
      },
    ],
    [
      'by a validator, after an async handler',
      () => {
        const cell = createStore(refusing).cell('x')
        return () => transact(cell, { run: (n: unknown) => later({ next: (n as number) + 1 }) } as never)
      },
    ],
    [
      'by a validator, in an exclusive transaction',
      () => {
        const cell = createStore(refusing).cell('x')
        return () => transact(cell, { run: () => later({ next: 1 }) } as never, { mode: 'exclusive' })
      },
    ],
    [
      'by a validator of a store with a backing',
      () => {
        const cell = backed().cell('x')
        return () => cell.update(add as never)
      },
    ],
    [
      'by a compareAndSet that such a store refuses',
      () => {
        const cell = backed().cell('x')
        return () => cell.compareAndSet(0, 5 as never)
      },
    ],
    [
      'by a set',
      () => {
        const cell = backed().cell('x')
        return () => (cell as unknown as { set(n: number): unknown }).set(5)
      },
    ],
    [
      'by a transaction',
      () => {
        const store = backed()
        return () => store.transaction(['x', 'y'], (drafts: Record<string, unknown>) => void (drafts['x'] = 5))
      },
    ],
    [
      'by a transaction with wrong keys',
      () => {
        const store = backed()
        return () => store.transaction([Symbol('x')] as never, () => undefined)
      },
    ],
    [
      'by a backing that cannot write',
      () => {
        const store = backedStore({ initial: 0 }, () => ({
          ready: Promise.resolve(),
          known: () => undefined,
          write: () => Promise.reject(new Error('the disk is full')),
        }))
        const cell = store.cell('x')
        return () => cell.update(add as never)
      },
    ],
    [
      'by a backing that cannot be opened',
      () => {
        const ready = Promise.reject(new Error('no such disk'))
        ready.catch(() => undefined)
        const store = backedStore({ initial: 0 }, () => ({ ready, known: () => undefined, write: () => later(true) }))
        const cell = store.cell('x')
        return () => cell.hold()
      },
    ],
    [
      'by a hold of a destroyed store',
      () => {
        const store = backed()
        const cell = store.cell('x')
        store.destroy()
        return () => cell.hold()
      },
    ],
    [
      'by a destroyed store',
      () => {
        const store = backed()
        const cell = store.cell('x')
        return () => {
          const done = cell.update(add as never)
          store.destroy()
          return done
        }
      },
    ],
    [
      'by a validator of a store with a journal',
      () => {
        const store = createStore({ ...(refusing as object), journal: { engine } } as never)
        const cell = store.cell('x')
        return () => cell.update(add as never)
      },
    ],
  ])('%s', async (_, prepare) => {
    await leavesTime(prepare())
  })

  it('still gives each of them the error that it has', async () => {
    const cell = backed().cell('x')
    const errors = await Promise.all(
      Array.from({ length: 3000 }, () =>
        (cell.update(add as never) as Promise<unknown>).catch((error: unknown) => error as InvalidError),
      ),
    )
    expect(new Set(errors.map((error) => (error as InvalidError).code))).toEqual(new Set(['ERR_GENPOOL_INVALID']))
    expect(errors).toHaveLength(3000)
  })
})
