import { NS_PER_MS, systemClock, type Timer } from '@genpool/runtime'

const { setTimeout: realTimeout, clearTimeout: realClear, setImmediate: realImmediate } = globalThis

/** Sets a timer of the clock. */
const inMs = (ms: number, fn: () => void): Timer => systemClock.setTimer(systemClock.now() + ms * NS_PER_MS, fn)
const fired = (ms: number): Promise<string> => new Promise((resolve) => inMs(ms, () => resolve('fired')))
const deferred = (): Promise<string> => new Promise((resolve) => systemClock.defer(() => resolve('deferred')))
/** What has come of it by now. */
const outcome = async (wait: Promise<string>): Promise<string> => {
  await new Promise((resolve) => realImmediate(resolve))
  return Promise.race([wait, Promise.resolve('waits')])
}

const KINDS: [string, Parameters<typeof jest.useFakeTimers>[0]][] = [
  ['all', {}],
  ['all but performance', { doNotFake: ['performance', 'hrtime'] }],
  ['all but setImmediate', { doNotFake: ['setImmediate', 'clearImmediate'] }],
  ['timeouts only', { doNotFake: ['setImmediate', 'clearImmediate', 'performance', 'hrtime', 'Date', 'nextTick'] }],
]

describe.each(KINDS)('the clock of the process and fake timers: %s', (_name, config) => {
  afterEach(() => void jest.useRealTimers())

  it('fires a timer in real time if the fake ones end before', async () => {
    for (let round = 0; round < 3; round++) {
      jest.useFakeTimers(config)
      const timer = fired(20)
      jest.useRealTimers()
      expect(await timer).toBe('fired')
    }
  })

  it('fires it by the next fake ones if they replace the ones before', async () => {
    jest.useFakeTimers(config)
    const timer = fired(3_600_000)
    jest.useRealTimers()
    jest.useFakeTimers(config)
    systemClock.now()
    await jest.advanceTimersByTimeAsync(3_599_999)
    expect(await outcome(timer)).toBe('waits')
    await jest.advanceTimersByTimeAsync(1)
    expect(await outcome(timer)).toBe('fired')
  })

  it('fires a timer of real time by the fake ones, once the time was read', async () => {
    const timer = fired(3_600_000)
    jest.useFakeTimers(config)
    systemClock.now()
    await jest.advanceTimersByTimeAsync(3_600_000)
    expect(await outcome(timer)).toBe('fired')
  })

  it('fires a timer once, and none that was cancelled', async () => {
    let fires = 0
    const cancelled = inMs(10, () => (fires += 10))
    inMs(10, () => fires++)
    jest.useFakeTimers(config)
    systemClock.now()
    cancelled.cancel()
    inMs(10, () => fires++)
    jest.useRealTimers()
    systemClock.now()
    await fired(30)
    expect(fires).toBe(2)
  })

  it('calls what is deferred, whenever the fake timers end', async () => {
    jest.useFakeTimers(config)
    const lost = deferred()
    jest.useRealTimers()
    expect(await lost).toBe('deferred')
    jest.useFakeTimers(config)
    expect(await deferred()).toBe('deferred')
  })

  it('clears a timer with the function that belongs to it', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockReturnValue()
    const console = jest.spyOn(globalThis.console, 'warn').mockReturnValue()
    const before = inMs(1_000, () => undefined)
    jest.useFakeTimers(config)
    const during = inMs(1_000, () => undefined)
    before.cancel()
    jest.useRealTimers()
    during.cancel()
    expect(warned).not.toHaveBeenCalled()
    expect(console).not.toHaveBeenCalled()
    jest.restoreAllMocks()
  })
})

describe('the clock of the process and timers of a test that tell no time', () => {
  afterEach(() => void Object.assign(globalThis, { setTimeout: realTimeout, clearTimeout: realClear }))

  /** As the mock timers of `node:test`: a function whose timer is no longer the next one is called again. */
  const replaceTimers = (): ((ms: number) => void) => {
    let now = 0
    let waiting: { at: number; fn: () => void }[] = []
    const set = (fn: () => void, ms: number): unknown => {
      const timer = { at: now + ms, fn, unref: () => undefined }
      waiting.push(timer)
      return timer
    }
    const clear = (timer: unknown): void => void (waiting = waiting.filter((other) => other !== timer))
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
    return (ms) => {
      now += ms
      for (const timer of waiting.filter(({ at }) => at <= now)) {
        timer.fn()
        timer.fn()
        clear(timer)
      }
    }
  }

  it('goes on to the time of each timer that fires', () => {
    const tick = replaceTimers()
    const before = systemClock.now()
    let fires = 0
    inMs(3_600_000, () => fires++)
    tick(3_599_999)
    expect(fires).toBe(0)
    tick(1)
    expect(fires).toBe(1)
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(3_600_000 * NS_PER_MS)
  })

  it('fires after a few milliseconds more, however short its steps', () => {
    const tick = replaceTimers()
    let fires = 0
    for (const ms of [1, 2, 3]) inMs(ms, () => fires++)
    for (let i = 0; i < 5; i++) tick(1)
    expect(fires).toBe(3)
  })

  it('fires in real time when they end', async () => {
    replaceTimers()
    const timer = fired(20)
    Object.assign(globalThis, { setTimeout: realTimeout, clearTimeout: realClear })
    expect(await timer).toBe('fired')
  })
})
