import { definePool, reply } from '@genpool/core'
import { type CellElsewhere, type ErrandHost, type ErrandMessage, ErrandWorker } from '@genpool/core/elsewhere'
import { createStore } from '@genpool/state-ane'
import { nobody } from '@genpool/runtime'
import { virtualClock } from '@genpool/core/testing'

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: {
    add: ({ value }: { value: number }) =>
      reply(
        (state: { count: number }) => state.count,
        (draft: { count: number }) => {
          draft.count += value
        },
      ),
    watch: (_message: object, _state: unknown, { signal }) => {
      const seen: boolean[] = [signal.aborted]
      while (!signal.aborted) seen.push(false)
      return reply(seen.length)
    },
    /** Looks once whether somebody still waits. */
    together: {
      batch: 4,
      handle: (messages: readonly object[], _state: unknown, { signal }) => reply(messages.map(() => signal.aborted)),
    },
    tell: (_message: object, _state: unknown, ctx) => {
      ctx.afterCommit(() => void effects.push('told'))
      return reply('done')
    },
    set: ({ value }: { value: number }, state: { count: number }) => reply(state.count, { count: value }),
  },
  casts: {
    note: () => undefined,
  },
})
const effects: string[] = []

/** The pool's side, that writes down what it is told. */
class Host implements ErrandHost {
  readonly told: unknown[][] = []
  mayCommit = true
  looks = 0
  abortAfter = Infinity
  answered = ({ id }: { id: number }, value: unknown): void => void this.told.push(['answered', id, value])
  failed = ({ id }: { id: number }, { code }: { code: string }): void => void this.told.push(['failed', id, code])
  progress = (): boolean => true
  commits = (): boolean => this.mayCommit
  done = ({ id }: { id: number }): void => void this.told.push(['done', id])
  crashed = ({ id }: { id: number }, cause: unknown): void => void this.told.push(['crashed', id, cause])
  refused = ({ id }: { id: number }): void => void this.told.push(['refused', id])
  abortOf = (errand: { pool: string }): never =>
    (++this.looks > this.abortAfter ? Object.assign(new Error(errand.pool), { code: 'x' }) : undefined) as never
}

const message = (id: number, sent: unknown): ErrandMessage => ({
  ...{ id, kind: 'call', continues: false, message: sent },
  ...{ sentAt: 0, deadline: Infinity, expectsAnswer: true, attempt: 0 },
})

/** @param cell the state that all members share; its own without one */
function worker(host: Host, cell: CellElsewhere | null = null): ErrandWorker {
  const path = { parts: ['counter'] }
  const actor = { name: 'counter', reference: nobody, path, log: undefined, childReferences: new Map() }
  const setup = {
    definition: Counter as never,
    actor: { ...actor, system: {} as never },
    stateOptions: { type: cell === null ? 'isolated' : 'shared', commit: 'retry', retries: 3 } as never,
    clock: virtualClock(),
  }
  const info = { ref: nobody as never, name: 'member-1.1', slot: 1, incarnation: 1 }
  return new ErrandWorker(setup, info, host, cell)
}

/** A cell as a thread has one; it is in this thread. */
function sharedCell(): CellElsewhere {
  const cell = createStore().cell<unknown>('counter', { initial: { count: 0 } })
  return Object.assign(cell, { produce: () => undefined })
}

function run(made: ErrandWorker, sent: ErrandMessage): void {
  const errand = made.accept(sent)
  if (errand !== null) made.run(errand, [])
}

describe('a worker for a pool that is elsewhere', () => {
  it('commits to its own state, and then answers', async () => {
    const host = new Host()
    const made = worker(host)
    await made.start()
    run(made, message(1, { type: 'add', value: 2 }))
    run(made, message(2, { type: 'add', value: 3 }))
    expect(host.told).toEqual([
      ['answered', 1, 2],
      ['done', 1],
      ['answered', 2, 5],
      ['done', 2],
    ])
  })

  it('commits nothing for a caller that has given up', async () => {
    const host = new Host()
    const made = worker(host)
    await made.start()
    host.mayCommit = false
    run(made, message(1, { type: 'add', value: 2 }))
    host.mayCommit = true
    run(made, message(2, { type: 'add', value: 3 }))
    expect(host.told).toEqual([
      ['refused', 1],
      ['answered', 2, 3],
      ['done', 2],
    ])
  })

  it('refuses a message that it does not know', async () => {
    const host = new Host()
    const made = worker(host)
    await made.start()
    run(made, message(1, { type: 'subtract' }))
    expect(host.told).toEqual([['failed', 1, 'ERR_GENPOOL_INVALID']])
  })

  it('sees an abort in the middle of a synchronous loop', async () => {
    const host = new Host()
    const made = worker(host)
    await made.start()
    host.abortAfter = 100
    run(made, message(1, { type: 'watch' }))
    expect(host.told).toEqual([['refused', 1]])
  })

  it('runs a cast that came as a query', async () => {
    const host = new Host()
    const made = worker(host)
    await made.start()
    run(made, { ...message(1, { type: 'note' }), kind: 'query' })
    expect(host.told).toEqual([['done', 1]])
  })

  it('gives up all of a batch that nobody waits for: none of them is answered', async () => {
    const host = new Host()
    const made = worker(host)
    await made.start()
    host.abortAfter = 0
    const [first, second] = [1, 2].map((id) => made.accept(message(id, { type: 'together' }))!)
    made.run(first!, [second!])
    expect(host.told).toEqual([['refused', 1]])
    expect([first!.outcome, second!.outcome]).toEqual(['cancelled', 'cancelled'])
  })

  it('has no effects for a caller that has given up just before its answer', async () => {
    const host = new Host()
    const made = worker(host, sharedCell())
    await made.start()
    run(made, message(1, { type: 'tell' }))
    expect(effects.splice(0)).toEqual(['told'])
    host.mayCommit = false
    host.abortOf = (() => undefined) as never
    run(made, message(2, { type: 'tell' }))
    expect(effects).toEqual([])
  })

  it('holds the state for its handlers once the pool wants that', async () => {
    const host = new Host()
    const cell = sharedCell()
    const hold = cell.hold.bind(cell)
    let holds = 0
    cell.hold = (...how) => (holds++, hold(...how))
    const made = worker(host, cell)
    await made.start()
    run(made, message(1, { type: 'set', value: 2 }))
    expect(holds).toBe(0)
    made.pool.configure({ commit: 'exclusive', retries: 3 })
    run(made, message(2, { type: 'set', value: 3 }))
    expect(holds).toBe(1)
  })
})
