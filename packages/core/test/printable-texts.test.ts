import { call, cast, definePool, explain, onEvent, reply, spawnPool } from '@genpool/core'
import { z } from 'zod'
import { clock, system } from './virtual-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */

/** Clears the screen, begins a line of its own, and turns the text around. */
const EVIL = '\u001b[2J\r\n2026-01-01 ERROR all is lost\u202e\u2028\u009b1m'
const SHOWN = '\\u001b[2J\\r\\n2026-01-01 ERROR all is lost\\u202e\\u2028\\u009b1m'
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/
const only = (text: string, lines = 1): void => {
  expect(text).not.toMatch(CONTROLS)
  expect(text.split('\n')).toHaveLength(lines)
}

const Work = definePool({
  calls: {
    fail: ({ text }: { text: string }) => {
      throw new Error(text)
    },
    checked: {
      schema: z.object({ type: z.literal('checked'), list: z.never() }).catchall(z.never()),
      handle: () => reply(1),
    },
    hold: () => new Promise<never>(() => undefined),
  },
} as any) as any
const spawned = (options: object = {}): any => spawnPool(system, Work, undefined, { size: 1, clock, ...options } as any)
const errorOf = async (work: () => unknown): Promise<Error> => {
  try {
    await work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('a text that people print', () => {
  it('shows the message of a handler in one line, and keeps it as the cause', async () => {
    const error = await errorOf(() => call(spawned(), { type: 'fail', text: EVIL } as any))
    only(error.message)
    expect(error.message).toContain(`failed on "fail": ${SHOWN}`)
    only(error.stack?.split('\n    at ')[0] ?? '')
    expect((error.cause as Error).message).toBe(EVIL)
  })

  it('shows types of messages, keys of objects and keys of options', async () => {
    const pool = spawned()
    const unknown = await errorOf(() => call(pool, { type: EVIL } as any))
    only(unknown.message, 2)
    expect(unknown.message).toContain(SHOWN)
    only((await errorOf(() => call(pool, { type: 'checked', [EVIL]: 1 } as any))).message, 3)
    only((await errorOf(() => spawned({ [EVIL]: 1 }))).message, 2)
    only((await errorOf(() => spawned({ broker: { [EVIL]: { [EVIL]: 1 } } }))).message, 2)
    only((await errorOf(() => spawned({ timeout: { [EVIL]: 1 } }))).message, 2)
    only((await errorOf(() => spawnPool(system, Work, EVIL))).message)
    only(
      (await errorOf(() => call({ type: 'actor', path: { parts: [EVIL], toString: () => EVIL } } as any, 1 as never)))
        .message,
    )
    const refused = cast(pool, { type: EVIL } as any)
    only(refused.ok ? '' : refused.error.message, 2)
  })

  it('shows what explain says, with the figures as they are', async () => {
    const pool = spawned({ limits: { by: 'key', concurrency: 1 }, breaker: true })
    for (let i = 0; i < 20; i++) await errorOf(() => call(pool, { type: 'fail', text: EVIL, key: EVIL } as any))
    const { text, findings } = explain(pool)
    expect(text).toContain(SHOWN)
    expect(text).not.toMatch(CONTROLS)
    for (const { says, advice } of findings) only(says + advice)
    const fair = spawned({ broker: { client: { type: 'fair', by: { property: 'tenant' } } } })
    void call(fair, { type: 'hold' } as any).catch(() => undefined)
    for (let i = 0; i < 9; i++) void call(fair, { type: 'hold', tenant: EVIL } as any).catch(() => undefined)
    await clock.settle()
    const one = explain(fair).findings.find(({ finding }) => finding === 'one-tenant')!
    expect(one.figures['tenant']).toContain(EVIL)
    only(one.says)
    expect(explain(fair).text).not.toMatch(CONTROLS)
    expect(String(explain(fair))).toBe(explain(fair).text)
  })

  it('shows warnings of the process', async () => {
    const warnings: { title: string; detail: string }[] = []
    const emit = jest
      .spyOn(process, 'emitWarning')
      .mockImplementation((title, options) => void warnings.push({ title, ...options } as never))
    const pool = spawned()
    const end = onEvent('genpool:request:settled', () => {
      throw new Error(EVIL)
    })
    await errorOf(() => call(pool, { type: 'fail', text: 'no' } as any))
    await clock.settle()
    end()
    emit.mockRestore()
    expect(warnings).toHaveLength(1)
    only(warnings[0]!.title)
    expect(warnings[0]!.detail).toContain('\\u001b[2J')
    expect(warnings[0]!.detail).not.toMatch(CONTROLS)
  })

  it('has the lines of a cause as one', async () => {
    const Short = definePool({
      init: () => ({ n: 0 }),
      calls: { two: { batch: 2, handle: async () => reply([], (draft) => void draft.n++) } },
    })
    const pool = spawnPool(system, Short, 'short', { clock })
    const { message } = await errorOf(() => call(pool, { type: 'two' } as any))
    only(message)
    expect(message).not.toContain('\\n')
    expect(message).toContain('. at the whole value: a batch of 1 message must be answered with a list of 1 answer')
  })
})
