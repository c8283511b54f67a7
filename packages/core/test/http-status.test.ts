import {
  call,
  CancelledError,
  cast,
  ConflictError,
  CrashedError,
  definePool,
  drain,
  DroppedError,
  ExpiredError,
  httpStatus,
  type HttpStatus,
  InvalidError,
  NotCommittedError,
  OptionsError,
  reply,
  spawnPool,
  StartTimeoutError,
  StoppedError,
  UnreachableError,
} from '@genpool/core'
import { ERROR_CLASSES } from '../src/elsewhere/error-classes'
import { start, stop } from 'nact'
import { z } from 'zod'

const dropped = (retryAfterMs?: number) =>
  new DroppedError('pool', { reason: 'max', waitedMs: 0, queueLength: 9, retryAfterMs })

/** An error of each kind, and what a client is told. */
const table: readonly (readonly [string, unknown, Partial<HttpStatus> | undefined])[] = [
  ['too much work', dropped(1200), { status: 503, retryAfter: 2 }],
  ['too much work for a short time', dropped(3), { status: 503, retryAfter: 1 }],
  ['too much work for nobody knows how long', dropped(), { status: 503, retryAfter: 1 }],
  ['a pool that stops', new StoppedError('pool'), { status: 503, retryAfter: undefined }],
  ['a deadline that passed', new ExpiredError('pool', 5, true), { status: 504, retryAfter: undefined }],
  ['a client that is gone', new CancelledError('pool', true), { status: 499 }],
  ['a remote pool that is not there', new UnreachableError('pool', false), { status: 503 }],
  ['a remote pool that went away at work', new UnreachableError('pool', true), { status: 502 }],
  ['a message that is wrong', new InvalidError('message "add" to pool "p"', []), { status: 400 }],
  ['an answer that is wrong', new InvalidError('answer of the handler "add"', []), undefined],
  ['a crash', new CrashedError('pool', 'member-1.1', 'add', new Error('no luck')), undefined],
  ['a start that hangs', new StartTimeoutError('pool', 'member-1.1', 5, 'init'), undefined],
  ['a conflict', new ConflictError('cell', 'stale'), undefined],
  ['a state that was not written', new NotCommittedError(['cell'], 1, false, new Error('full')), undefined],
  ['wrong options', new OptionsError('wrong'), undefined],
  ['an error of somebody else', Object.assign(new Error('no'), { status: 404 }), undefined],
  ['something that is no error', 'no', undefined],
  ['nothing', undefined, undefined],
]

describe('httpStatus', () => {
  it.each(table)('for %s', (_what, error, expected) => {
    if (expected === undefined) expect(httpStatus(error)).toBeUndefined()
    else expect(httpStatus(error)).toMatchObject(expected)
  })

  it('was asked for each code there is', () => {
    const codes = table.map(([, error]) => (error as { code?: string } | undefined)?.code)
    expect(Object.keys(ERROR_CLASSES).filter((code) => !codes.includes(code))).toEqual([])
  })

  it('tells the client of a real pool what its message is refused for', async () => {
    const system = start()
    const schema = z.object({ type: z.literal('add'), by: z.number() })
    const Adder = definePool({
      calls: { add: { schema, handle: ({ by }: { by: number }) => reply(by) } },
      casts: { add: () => undefined as never },
    })
    const pool = spawnPool(system, Adder, 'adder')
    const wrong = await call(pool, { type: 'add', by: 'x' as never }).catch((error: unknown) => error)
    expect(httpStatus(wrong)).toEqual({ status: 400, retryAfter: undefined })
    const unknown = await call(pool, { type: 'sub' } as never).catch((error: unknown) => error)
    expect(httpStatus(unknown)?.status).toBe(400)
    await drain(pool)
    const result = cast(pool, { type: 'add' })
    expect(httpStatus(result.ok ? undefined : result.error)?.status).toBe(503)
    stop(system)
  })
})
