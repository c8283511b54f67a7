import { NS_PER_MS } from '@genpool/runtime'
import { Awake } from '../../src/protocol/awake'

/** An event loop whose turns take 10 µs each, and what goes round in it. */
function eventLoop() {
  let now = 0
  const deferred: (() => void)[] = []
  return {
    now: () => now,
    defer: (fn: () => void) => void deferred.push(fn),
    turn() {
      now += 10_000
      for (const fn of deferred.splice(0)) fn()
    },
    /** Goes on until it would sleep. Returns for how many turns. */
    untilAsleep() {
      let turns = 0
      for (; deferred.length > 0; turns++) this.turn()
      return turns
    },
    get sleeps() {
      return deferred.length === 0
    },
  }
}

describe('a side of a thread that waits for the other', () => {
  it('stays awake for a moment, and sleeps then', () => {
    const loop = eventLoop()
    const awake = new Awake(loop, 0.1 * NS_PER_MS)
    awake.wait()
    expect(loop.untilAsleep()).toBe(10)
  })

  it('sleeps one turn after it has heard something', () => {
    const loop = eventLoop()
    const awake = new Awake(loop, 0.1 * NS_PER_MS)
    awake.wait()
    loop.turn()
    awake.heard()
    expect(loop.untilAsleep()).toBe(1)
  })

  it('stays awake all the time while it hears something in time', () => {
    const loop = eventLoop()
    const awake = new Awake(loop, 0.1 * NS_PER_MS)
    for (let i = 0; i < 1000; i++) {
      awake.wait()
      for (let turn = 0; turn < 5; turn++) loop.turn()
      expect(loop.sleeps).toBe(false)
      awake.heard()
    }
  })

  it('tries again seldom if nothing comes in time, and always once it does', () => {
    const loop = eventLoop()
    const awake = new Awake(loop, 0.1 * NS_PER_MS)
    const attempt = (): boolean => {
      awake.wait()
      return !loop.sleeps
    }
    let attempts = 0
    for (let i = 0; i < 10_000; i++) {
      if (attempt()) attempts++
      loop.untilAsleep()
    }
    expect(attempts).toBeLessThan(20)
    while (!attempt());
    awake.heard()
    loop.untilAsleep()
    expect(attempt()).toBe(true)
  })

  it('never stays awake if it is told so', () => {
    const loop = eventLoop()
    new Awake(loop, 0).wait()
    expect(loop.sleeps).toBe(true)
  })
})
