import { Notices, NS_PER_MS, Turn } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { AsyncLocalStorage } from 'node:async_hooks'

const given = () => {
  const clock = virtualClock()
  return { clock, notices: new Notices(Turn.of(clock)) }
}

describe('notices', () => {
  it('are told after what runs now, in the same turn, before a caller continues', async () => {
    const { notices } = given()
    const told: string[] = []
    const answered = new Promise<void>((resolve) => {
      notices.add(() => told.push('first'))
      notices.add(() => told.push('second'))
      resolve()
    })
    expect(told).toEqual([])
    await answered
    expect(told).toEqual(['first', 'second'])
  })

  it('that a callback causes are told after it, and never inside of it', async () => {
    const { notices, clock } = given()
    const log: string[] = []
    notices.add(() => {
      notices.add(() => log.push('caused'))
      log.push('first')
    })
    notices.add(() => log.push('second'))
    await clock.settle()
    expect(log).toEqual(['first', 'second', 'caused'])
  })

  it('let timers, input and output come in between, however slow they are', async () => {
    const { notices, clock } = given()
    let told = 0
    const before: number[] = []
    for (let i = 0; i < 100; i++) {
      notices.add(() => {
        told++
        clock.block(1)
      })
    }
    clock.defer(() => before.push(told))
    await Promise.resolve()
    expect(told).toBe(16)
    await clock.settle()
    expect(before).toEqual([16])
    expect(told).toBe(100)
  })

  it('let the event loop go on when each causes another, even if the clock stands still', async () => {
    const { notices } = given()
    let told = 0
    const again = (): void => {
      told++
      notices.add(again)
    }
    notices.add(again)
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toBeGreaterThan(0)
    expect(told).toBeLessThan(10_000)
  })

  it('do not pile up when callbacks are slower than what they tell of', async () => {
    const { notices, clock } = given()
    let [added, told, worst] = [0, 0, 0]
    for (let turn = 0; turn < 200; turn++) {
      for (let i = 0; i < 100; i++, added++) {
        notices.add(() => {
          told++
          clock.block(1)
        })
      }
      worst = Math.max(worst, added - told)
      void clock.settle()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await clock.settle()
    expect(told).toBe(added)
    expect(worst).toBeLessThan(1000)
  })

  it('run in the asynchronous context of what they tell of', async () => {
    const { notices, clock } = given()
    const user = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    for (const name of ['Ann', 'Bob']) user.run(name, () => notices.add(() => seen.push(user.getStore())))
    notices.add(() => seen.push(user.getStore()))
    await clock.settle()
    expect(seen).toEqual(['Ann', 'Bob', undefined])
  })

  it('are all told, once and in order, whatever they cost and cause', async () => {
    const plan = fc.array(fc.record({ cost: fc.integer({ min: 0, max: 3 }), causes: fc.integer({ min: 0, max: 4 }) }))
    await fc.assert(
      fc.asyncProperty(plan, async (steps) => {
        const { notices, clock } = given()
        const told: number[] = []
        let [added, depth] = [0, 0]
        const add = (): void => {
          const id = added++
          const { cost, causes } = steps[id] ?? { cost: 0, causes: 0 }
          notices.add(() => {
            expect(depth++).toBe(0)
            told.push(id)
            clock.block(cost)
            for (let i = 0; i < causes; i++) add()
            depth--
          })
        }
        for (let i = 0; i < steps.length; i++) add()
        await clock.settle()
        expect(told).toEqual(Array.from({ length: added }, (_, id) => id))
      }),
    )
  })
})

it('a turn that is used up by other work does not delay them', async () => {
  const { notices, clock } = given()
  const turn = Turn.of(clock)
  const log: string[] = []
  turn.schedule({ run: () => clock.block(5), rest: () => undefined })
  notices.add(() => log.push('told'))
  await Promise.resolve()
  await Promise.resolve()
  expect(turn.now() - 5 * NS_PER_MS).toBe(0)
  expect(log).toEqual(['told'])
})
