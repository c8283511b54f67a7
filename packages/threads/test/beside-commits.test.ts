import { call, getState, ready, spawnPool } from '@genpool/core'
import { createStore, whenFree } from '@genpool/state-ane'
import { threads } from '@genpool/threads'
import type Shared from './fixtures/shared'
import { file, system, words } from './fixtures/shared-system'

/** A pool whose handlers have run, each for so long: its threads know that. */
async function open(size: number, ms: number) {
  const store = createStore()
  const behaviour = threads<typeof Shared>(file, { workerData: words.buffer, prefetch: 8 })
  const state = { type: 'shared', store, key: 'x' } as const
  const pool = spawnPool(system, behaviour, 'shared', { size, state, timeout: 50_000 })
  await ready(pool)
  for (let i = 0; i < 24; i++) await call(pool, { type: 'counted', ms })
  return { pool, cell: store.cell<{ n: number; seen: string[] }>('x') }
}
type Pool = Awaited<ReturnType<typeof open>>['pool']

/** Sends so many, and keeps the main thread from all that they do meanwhile. Returns how many ran. */
async function ranAlone(pool: Pool, count: number, ms: number) {
  const before = Atomics.load(words, 2)
  const answers = Promise.all(Array.from({ length: count }, () => call(pool, { type: 'counted', ms })))
  await new Promise((resolve) => setImmediate(resolve))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  const ran = Atomics.load(words, 2) - before
  return { ran, answers: await answers }
}

describe('a thread that computes and commits', () => {
  it('goes on with the messages that it holds while its commits are under way', async () => {
    const { pool } = await open(1, 0.2)
    expect(await ranAlone(pool, 6, 0.2)).toEqual({ ran: 6, answers: [25, 26, 27, 28, 29, 30] })
  })

  it('begins none that takes long: a commit that is lost would wait for its end', async () => {
    const { pool } = await open(1, 6)
    expect((await ranAlone(pool, 3, 6)).ran).toBe(1)
  })

  it('commits each message once if others commit meanwhile', async () => {
    const { pool, cell } = await open(2, 1)
    let isOver = false
    let here = 0
    const others = (async () => {
      for (; !isOver; here++) {
        await whenFree(cell, (writer) => writer.update((draft) => void (draft.n += 1000)))
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })()
    const answers = await Promise.all(Array.from({ length: 200 }, () => call(pool, { type: 'counted', ms: 0.5 })))
    isOver = true
    await others
    expect(answers.map((n) => n % 1000).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => 25 + i))
    expect(getState(pool)).toMatchObject({ n: 224 + here * 1000 })
  })
})
