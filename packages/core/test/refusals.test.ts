import { call, definePool, explain, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { clock, system } from './virtual-system'

interface State {
  count: number
  list: number[]
}
const recipe = (change: (draft: State) => unknown): never => change as never

const Counter = definePool({
  init: (): State => ({ count: 0, list: [] }),
  calls: {
    nothing: () => undefined as never,
    nil: () => null as never,
    text: () => '5' as never,
    add: () =>
      reply(
        'added',
        recipe((draft) => draft.count++),
      ),
    push: () =>
      reply(
        'pushed',
        recipe((draft) => draft.list.push(7)),
      ),
    braces: () =>
      reply('added', (draft) => {
        draft.count++
      }),
    throws: () =>
      reply(
        'x',
        recipe(() => {
          throw new Error('[Immer] of the user')
        }),
      ),
    short: async () => {
      await clock.wait(1.234567)
      return reply('done')
    },
  },
  casts: { end: () => noReply() },
})
const spawned = () => spawnPool(system, Counter, 'pool', { size: 2, clock })
const refused = (message: unknown, options: object = {}): Promise<string> =>
  call(spawnedOnce(), message as never, options).then(String, (error: Error) => error.message)
let pool: ReturnType<typeof spawned> | undefined
const spawnedOnce = () => (pool ??= spawned())
afterEach(() => {
  pool = undefined
})

describe('what a handler returns', () => {
  it('is named in the error that refuses it', async () => {
    const refusal = (type: string, returned: string): string =>
      `A result of the handler "${type}" was refused; nothing was changed.\n` +
      `  at the whole value: the handler returned ${returned}. Return reply(value) or reply(value, nextState), noReply() to answer later, or halt(reason).`
    expect(await refused({ type: 'nothing' })).toBe(refusal('nothing', 'nothing (undefined)'))
    expect(await refused({ type: 'nil' })).toBe(refusal('nil', 'null'))
    expect(await refused({ type: 'text' })).toBe(refusal('text', 'the string "5"'))
  })
})

describe('a recipe', () => {
  const refusal = (returned: string): RegExp =>
    new RegExp(
      String.raw`^A commit .*was refused; nothing was changed\.\n  at the whole value: the recipe changed its draft, and it ` +
        String.raw`returned ${returned}\. It may do only one of the two\. If that is the value of an expression, write braces ` +
        String.raw`around the body: \(draft\) => \{ draft\.count\+\+ \}\.$`,
    )

  it('that is written as an expression is refused with what to write', async () => {
    expect(await refused({ type: 'add' })).toMatch(refusal('0'))
    expect(await refused({ type: 'push' })).toMatch(refusal('1'))
    expect(await refused({ type: 'braces' })).toBe('added')
    expect(inspect(spawnedOnce()).outcomes).toMatchObject({ invalid: 2, crashed: 0, replied: 1 })
  })

  it('that throws is a crash with its own words', async () => {
    expect(await refused({ type: 'add' })).toMatch(refusal('0'))
    expect(await refused({ type: 'throws' })).toBe(
      'Member "member-2.1" of pool "pool" failed on "throws": [Immer] of the user. Nothing was committed. See "cause" for the ' +
        'original error.',
    )
  })
})

describe('a message without a handler', () => {
  const KNOWN =
    'It knows the calls "nothing", "nil", "text", "add", "push", "braces", "throws", "short" and the casts "end".'

  it('is named by what it is', async () => {
    const whole = (got: string): string =>
      'A message to pool "pool" was refused; nothing was changed.\n' +
      `  at the whole value: expected an object with a "type", got ${got}. ${KNOWN}`
    expect(await refused(undefined)).toBe(whole('undefined'))
    expect(await refused(null)).toBe(whole('null'))
    expect(await refused('5')).toBe(whole('"5"'))
    expect(await refused(5)).toBe(whole('5'))
    expect(await refused({ kind: 'add' })).toBe(whole('an object { kind }'))
    expect(await refused({ type: 5 })).toBe(
      `A message to pool "pool" was refused; nothing was changed.\n  at type: expected a string, got 5. ${KNOWN}`,
    )
    expect(await refused({ type: 'ad' })).toBe(
      `A message "ad" to pool "pool" was refused; nothing was changed.\n  at type: the behaviour has no handler for it. ${KNOWN}`,
    )
  })
})

describe('the options of a message', () => {
  it('are quoted as they were given, and end with one full stop', async () => {
    expect(await refused({ type: 'braces' }, { timeout: '5' })).toBe(
      'The option "timeout" of a message to pool "pool" is wrong: expected milliseconds >= 0 or Infinity, got "5".',
    )
    const thrown = new Proxy({}, { ownKeys: () => { throw new Error('no keys.') } }) // prettier-ignore
    expect(await refused({ type: 'braces' }, thrown)).toBe(
      'The options of a message to pool "pool" are wrong: reading them threw: no keys.',
    )
  })
})

describe('figures', () => {
  it('have three digits at most behind the point', async () => {
    const answers = [1, 2, 3, 4, 5].map(() => refused({ type: 'short' }))
    await clock.advance(50)
    await Promise.all(answers)
    const { run, sojourn, utilisation, starts } = inspect(spawnedOnce())
    for (const figure of [...Object.values(run), ...Object.values(sojourn), utilisation, starts.oldestMs]) {
      expect(String(figure)).toMatch(/^\d+(\.\d{1,3})?$/)
    }
    expect(run).toMatchObject({ count: 5, p50: 1.23, max: 1.23 })
    expect(explain(spawnedOnce()).text).not.toMatch(/\.\d{4}/)
  })
})
