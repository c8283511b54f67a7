import { definePool, reply } from '@genpool/core'
import { type ErrandHost, type ErrandMessage, ErrandWorker } from '@genpool/core/elsewhere'
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
  },
})

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

function worker(host: Host): ErrandWorker {
  const path = { parts: ['counter'] }
  const actor = { name: 'counter', reference: nobody, path, log: undefined, childReferences: new Map() }
  const setup = {
    definition: Counter as never,
    actor: { ...actor, system: {} as never },
    stateOptions: { type: 'isolated', commit: 'retry', retries: 3 } as const,
    clock: virtualClock(),
  }
  const info = { ref: nobody as never, name: 'member-1.1', slot: 1, incarnation: 1 }
  return new ErrandWorker(setup, info, host)
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
})
