import { call, inspect, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { join } from 'node:path'
import { dispatch, spawnStateless, start, stop } from 'nact'
import Forwards from './fixtures/forwards'

const file = join(__dirname, 'fixtures', 'forwards.ts')

class Money {
  constructor(readonly cents: number) {}
}

const inItself = new Error('its own cause')
inItself.cause = inItself

const ANSWERS: Record<string, () => unknown> = {
  plain: () => ({ a: [1] }),
  nothing: () => undefined,
  function: () => dispatch,
  symbol: () => Symbol.iterator,
  instance: () => new Money(5),
  error: () => inItself,
  promise: () => Promise.resolve(new Money(7)),
  'promise that fails': () => {
    const failing = Promise.reject(new Error('no money'))
    // It may come too late: then nobody waits for it.
    failing.catch(() => undefined)
    return failing
  },
}

const system = start()
let answer: () => unknown = () => undefined
/** Answers with what the test says. */
const others = spawnStateless(system, (message: { answerTo?: never }, ctx: object) => {
  if (message.answerTo === undefined) dispatch((ctx as { sender: never }).sender, 'done' as never)
  else dispatch(message.answerTo, answer() as never)
})
afterAll(() => stop(system))
const outcome = (called: Promise<unknown>): Promise<unknown> =>
  called.then(
    (value) => ({ value }),
    (error: Error & { code: string; committed: unknown }) => ({
      code: error.code,
      committed: error.committed,
      cause: (error.cause as Error).message,
    }),
  )

describe.each(['isolated', 'shared'] as const)(
  'an actor that answers a call of a thread, with a state that is %s',
  (state) => {
    const options = { size: 1, state, timeout: 30_000 } as const
    const here = spawnPool(system, Forwards, `here-${state}`, options)
    const elsewhere = spawnPool(system, threads<typeof Forwards>(file), `elsewhere-${state}`, options)

    it.each(
      Object.keys(ANSWERS).flatMap((kind) =>
        (['later', 'meanwhile', 'itself'] as const).map((way) => [way, kind] as const),
      ),
    )('gives its caller what that gets from a pool in this thread: %s, %s', async (way, kind) => {
      answer = ANSWERS[kind] as () => unknown
      const to = others as never
      const local = await outcome(call(here, { type: way, to }))
      const got = await outcome(call(elsewhere, { type: way, to }))
      expect(got).toEqual(local)
      // It is never copied.
      if (way !== 'itself' && kind === 'instance') expect(got).toMatchObject({ value: expect.any(Money) })
      expect(await call(elsewhere, { type: 'n' })).toBe(await call(here, { type: 'n' }))
      expect(inspect(elsewhere).restarts).toBe(0)
    })
  },
)
