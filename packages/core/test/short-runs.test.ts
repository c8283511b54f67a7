import { call, cast, type Context, definePool, halt, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

interface State {
  readonly sum: number
}

const TIMEOUT = 50
const MODES = [
  'value',
  'nothing',
  'undefined',
  'object',
  'function',
  'promise',
  'next',
  'recipe',
  'then',
  'mode',
] as const
const OTHERS = [
  'throw',
  'await',
  'later',
  'from',
  'effect',
  'halt',
  'block',
  'nested',
  'wrong',
  'call',
  'stop',
] as const
/** What a handler does. */
type Mode = (typeof MODES)[number] | (typeof OTHERS)[number]

interface Work {
  readonly type: 'work' | 'tell'
  readonly id: number
  readonly mode: Mode
}

const mode = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<Mode>('value', 'nothing', 'undefined') },
  { weight: 8, arbitrary: fc.constantFrom<Mode>(...MODES) },
  { weight: 6, arbitrary: fc.constantFrom<Mode>(...OTHERS.filter((each) => each !== 'stop')) },
  { weight: 1, arbitrary: fc.constant<Mode>('stop') },
)
const command = fc.record({
  op: fc.constantFrom('call' as const, 'call' as const, 'cast' as const, 'advance' as const),
  mode,
  rests: fc.boolean(),
})

/** One of two pools that get the same messages. */
class Side {
  readonly clock = virtualClock()
  readonly system = start()
  readonly ran: unknown[] = []
  readonly became = new Map<number, unknown>()
  private readonly pool: ReturnType<Side['spawn']>

  /** @param commit `exclusive`: the commit engine does each run */
  constructor(commit: 'retry' | 'exclusive') {
    this.pool = this.spawn(commit)
  }

  private spawn(commit: 'retry' | 'exclusive') {
    const handle = (message: Work, state: State, ctx: Context): never => this.handle(message, state, ctx) as never
    const behaviour = definePool({ init: (): State => ({ sum: 0 }), calls: { work: handle }, casts: { tell: handle } })
    const state = { type: 'isolated' as const, commit }
    const restart = { attempts: 1e6 }
    return spawnPool(this.system, behaviour, 'pool', { size: 2, clock: this.clock, timeout: TIMEOUT, state, restart })
  }

  private handle({ id, mode, type }: Work, { sum }: State, ctx: Context): unknown {
    this.ran.push([id, mode, sum, ctx.attempt, ctx.remainingMs])
    const step = type === 'work' ? reply : (_value: unknown, ...more: [never?, never?]) => noReply(...more)
    if (mode === 'nothing') return noReply()
    if (mode === 'undefined') return undefined
    if (mode === 'object') return step({ id })
    if (mode === 'function') return step(((state: State) => state.sum) as never)
    if (mode === 'promise') return step(Promise.resolve(id) as never)
    if (mode === 'next') return step(id, { sum: sum + 1 } as never)
    if (mode === 'recipe') return step(id, ((draft: { sum: number }) => void (draft.sum += 1)) as never)
    if (mode === 'then') return step(id, undefined, { timeout: 5 } as never)
    if (mode === 'mode') return step(id, undefined, { commit: 'exclusive' } as never)
    if (mode === 'throw') throw new Error('on purpose')
    if (mode === 'await') return this.clock.wait(10).then(() => step(id, { sum: sum + 1 } as never))
    if (mode === 'later') void this.clock.wait(20).then(() => ctx.from.reply(id))
    if (mode === 'from') ctx.from.reply('from')
    if (mode === 'effect') ctx.afterCommit(() => this.ran.push(['effect', id]))
    if (mode === 'halt') return halt('normal', { reply: id })
    if (mode === 'block') this.clock.block(TIMEOUT + 1)
    if (mode === 'wrong') return { id }
    if (mode === 'call' || mode === 'nested') this.send('call', mode === 'call' ? 'next' : 'value', id + 10_000)
    if (mode === 'stop') stop(this.pool)
    return mode === 'later' ? noReply() : step(id)
  }

  send(op: 'call' | 'cast', mode: Mode, id: number): void {
    if (op === 'cast') return void cast(this.pool, { type: 'tell', id, mode })
    void call(this.pool, { type: 'work', id, mode }).then(
      (value: unknown) => this.became.set(id, value),
      (error: { code: string; started?: boolean }) => this.became.set(id, [error.code, error.started]),
    )
  }

  /** All that there is to see. */
  seen(): unknown {
    const { accepted, waiting, outcomes, sojourn, size } = inspect(this.pool)
    const became = [...this.became].sort(([one], [other]) => one - other)
    return { became, ran: this.ran, accepted, waiting, outcomes, waited: sojourn.count, size }
  }
}

describe('a run that changes nothing', () => {
  it('ends as it does by the commit engine, whatever its handler does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), async (commands) => {
        const sides = [new Side('retry'), new Side('exclusive')] as const
        for (const { clock } of sides) await clock.settle()
        for (const [id, { op, mode, rests }] of commands.entries()) {
          if (op === 'advance') await Promise.all(sides.map((side) => side.clock.advance(id)))
          else for (const side of sides) side.send(op, mode, id)
          if (rests) await Promise.all(sides.map((side) => side.clock.settle()))
          if (rests) expect(sides[0].seen()).toEqual(sides[1].seen())
        }
        await Promise.all(sides.map((side) => side.clock.advance(TIMEOUT * 3)))
        expect(sides[0].seen()).toEqual(sides[1].seen())
        for (const { system } of sides) stop(system)
      }),
      { numRuns: 300 },
    )
  })
})
