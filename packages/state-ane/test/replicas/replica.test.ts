import { Worker } from 'node:worker_threads'
import { createStore, Replica, type ReplicaRequest, type ReplicaUpdate, replicate } from '@genpool/state-ane'
import fc from 'fast-check'
import { sent } from './sent'

interface State {
  readonly count: number
  readonly list: readonly number[]
}

const RETRY = 50

type Event =
  | { readonly op: 'commit'; readonly how: 'count' | 'push' | 'replace' }
  | { readonly op: 'tick'; readonly ms: number }
  | {
      readonly op: 'deliver'
      readonly to: 'owner' | 'replica'
      readonly which: number
      readonly fate: 'once' | 'twice' | 'lost'
    }

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    op: fc.constant('commit' as const),
    how: fc.constantFrom('count' as const, 'push' as const, 'replace' as const),
  }),
  fc.record({ op: fc.constant('tick' as const), ms: fc.constantFrom(10, RETRY) }),
  fc.record({
    op: fc.constant('deliver' as const),
    to: fc.constantFrom('owner' as const, 'replica' as const),
    which: fc.nat(),
    fate: fc.constantFrom('once' as const, 'once' as const, 'twice' as const, 'lost' as const),
  }),
)

const setUp = (history: number) => {
  const cell = createStore({ history }).cell<State>('state', { initial: { count: 0, list: [] } })
  const owner = replicate(cell)
  return { cell, owner, replica: new Replica<State>(owner.stamp, RETRY) }
}

describe('a replica', () => {
  it('has a value that the cell has had, never goes back, and catches up when the channel lets it', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 4, 16), fc.array(event, { maxLength: 80 }), (history, events) => {
        const { cell, owner, replica } = setUp(history)
        const past = [cell.value]
        const asks: ReplicaRequest[] = []
        const answers: ReplicaUpdate<State>[] = []
        let now = 0
        const check = (): void => {
          if (replica.version < 0) return
          expect(replica.value).toEqual(past[replica.version])
          expect(replica.isCurrent).toBe(replica.version === cell.version)
        }
        const poll = (): void => {
          const ask = replica.poll(now)
          if (ask !== null) asks.push(ask)
        }
        const take = <T>(queue: T[], which: number, fate: string): T | undefined => {
          const [taken] = queue.splice(which % Math.max(1, queue.length), 1)
          if (taken !== undefined && fate === 'twice') queue.push(taken)
          return fate === 'lost' ? undefined : taken
        }
        for (const event of events) {
          const before = replica.version
          if (event.op === 'commit') {
            cell.update((draft) => {
              if (event.how === 'count') draft.count += 1
              else if (event.how === 'push') draft.list.push(cell.version)
              else return { count: 1000 + cell.version, list: [] }
              return undefined
            })
            if (cell.version === past.length) past.push(cell.value)
          } else if (event.op === 'tick') {
            now += event.ms
            poll()
          } else if (event.to === 'owner') {
            const ask = take(asks, event.which, event.fate)
            if (ask !== undefined) answers.push(owner.answer(sent(ask)))
          } else {
            const answer = take(answers, event.which, event.fate)
            if (answer !== undefined) replica.receive(sent(answer))
          }
          expect(replica.version).toBeGreaterThanOrEqual(before)
          check()
        }
        now += RETRY
        for (let ask = replica.poll(now); ask !== null; ask = replica.poll((now += RETRY)))
          replica.receive(owner.answer(ask))
        expect(replica.isCurrent).toBe(true)
        expect(replica.value).toEqual(cell.value)
      }),
      { numRuns: 1000 },
    )
  })

  it('takes no answer that is older than what it has, however late it comes', () => {
    const { cell, owner, replica } = setUp(0)
    const answers = [1, 2].map((count) => {
      cell.update((draft) => void (draft.count = count))
      return owner.answer({ type: 'since', version: -1 })
    })
    expect(answers.reverse().map((answer) => replica.receive(answer))).toEqual([true, false])
    expect(replica).toMatchObject({ version: 2, value: { count: 2 }, isCurrent: true })
  })

  it('applies patches only to the version that they start from, and only once', () => {
    const { cell, owner, replica } = setUp(16)
    replica.receive(owner.answer({ type: 'since', version: -1 }))
    const answers = [1, 2].map((item) => {
      cell.update((draft) => void draft.list.push(item))
      return owner.answer({ type: 'since', version: 0 })
    })
    const [near, far] = answers as [ReplicaUpdate<State>, ReplicaUpdate<State>]
    expect([near, near, far].map((answer) => replica.receive(answer))).toEqual([true, false, false])
    expect(replica).toMatchObject({ version: 1, value: { list: [1] }, isCurrent: false })
    replica.receive(owner.answer({ type: 'since', version: 1 }))
    expect(replica.value.list).toEqual([1, 2])
  })

  it('asks once, and again when no answer came in time', () => {
    const { replica } = setUp(16)
    expect(replica.poll(0)).toEqual({ type: 'since', version: -1 })
    expect(replica.poll(RETRY - 1)).toBeNull()
    expect(replica.poll(RETRY)).toEqual({ type: 'since', version: -1 })
  })

  it('is given patches while it is near, and the whole value when it is too far behind', () => {
    const { cell, owner, replica } = setUp(2)
    const commit = (): unknown => cell.update((draft) => void draft.list.push(1))
    replica.receive(owner.answer({ type: 'since', version: -1 }))
    commit()
    expect(owner.answer({ type: 'since', version: 0 })).toMatchObject({ type: 'patches', from: 0, to: 1 })
    for (let i = 0; i < 5; i++) commit()
    expect(owner.answer({ type: 'since', version: 0 })).toMatchObject({ type: 'value', version: 6 })
    owner.close()
    commit()
    expect(new Int32Array(owner.stamp)[0]).toBe(6)
  })

  it('says what is missing before its first answer', () => {
    const { replica } = setUp(16)
    expect(() => replica.value).toThrow('nothing has been received yet')
  })

  it('sees in another thread, with one atomic load, that its copy is old', async () => {
    const { cell, owner } = setUp(16)
    const code = `
      const { workerData, parentPort } = require('node:worker_threads')
      const view = new Int32Array(workerData)
      const before = Atomics.load(view, 0)
      parentPort.postMessage(before)
      Atomics.wait(view, 0, before, 5000)
      parentPort.postMessage(Atomics.load(view, 0))`
    const worker = new Worker(code, { eval: true, workerData: owner.stamp })
    const seen: number[] = []
    await new Promise<void>((resolve) =>
      worker.on('message', (version: number) => {
        seen.push(version)
        if (seen.length === 1) cell.update((draft) => void (draft.count = 5))
        else resolve()
      }),
    )
    await worker.terminate()
    expect(seen).toEqual([0, 1])
  })
})
