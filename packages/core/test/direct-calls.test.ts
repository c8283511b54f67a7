import { call, cast, type Context, definePool, halt, inspect, noReply, reply, resize, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

/** How a handler ends. */
type Mode = 'answer' | 'object' | 'throw' | 'await' | 'later' | 'never' | 'halt' | 'block' | 'call' | 'stop'

interface Work {
  readonly type: 'work' | 'other'
  readonly id: number
  readonly mode: Mode
}

type Command =
  | { readonly op: 'call'; readonly type: Work['type']; readonly mode: Mode }
  | { readonly op: 'cast' | 'tick' }
  | { readonly op: 'advance' | 'block'; readonly ms: number }
  | { readonly op: 'resize'; readonly size: number }

const TIMEOUT = 50

const mode = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Mode>('answer') },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Mode>('object', 'throw', 'await', 'later', 'never', 'halt', 'block', 'call'),
  },
  { weight: 1, arbitrary: fc.constant<Mode>('stop') },
)
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constant('call' as const),
      type: fc.constantFrom('work' as const, 'other' as const),
      mode,
    }),
  },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('tick' as const) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('cast' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constantFrom('advance' as const, 'block' as const), ms: fc.nat(TIMEOUT * 2) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('resize' as const), size: fc.integer({ min: 1, max: 3 }) }) },
)

/** One of two pools that get the same calls. */
class Side {
  readonly clock = virtualClock()
  readonly system = start()
  /** What the handlers did, in order, and what became of the calls, by their ids. */
  readonly ran: unknown[] = []
  readonly became = new Map<number, unknown>()
  private readonly pool: ReturnType<Side['spawn']>

  /** @param isPlain whether each call has an option, with which it goes the general way */
  constructor(
    private readonly isPlain: boolean,
    size: number,
  ) {
    this.pool = this.spawn(size)
  }

  private spawn(size: number) {
    const handle = (message: Work, _state: unknown, ctx: Context): never => this.handle(message, ctx) as never
    const behaviour = definePool({
      init: () => 0,
      calls: { work: handle, other: handle },
      casts: { tell: (_message, _state, ctx) => (this.ran.push(['tell', ctx.member.name]), noReply()) },
    })
    return spawnPool(this.system, behaviour, 'pool', { size, clock: this.clock, timeout: TIMEOUT, state: 'isolated' })
  }

  private handle({ id, mode }: Work, ctx: Context): unknown {
    this.ran.push([id, mode, ctx.member.name, ctx.attempt, ctx.remainingMs])
    if (mode === 'throw') throw new Error('on purpose')
    if (mode === 'await') return this.clock.wait(10).then(() => reply(id))
    if (mode === 'later') void this.clock.wait(20).then(() => ctx.from.reply(id))
    if (mode === 'later' || mode === 'never') return noReply()
    if (mode === 'halt') return halt('normal', { reply: id })
    if (mode === 'block') this.clock.block(TIMEOUT + 1)
    if (mode === 'call') this.send({ type: 'other', mode: 'answer' }, id + 10_000)
    if (mode === 'stop') stop(this.pool)
    return reply(mode === 'object' ? { id } : id)
  }

  async run(command: Command, id: number): Promise<void> {
    if (command.op === 'call') this.send(command, id)
    else if (command.op === 'cast') cast(this.pool, { type: 'tell' })
    else if (command.op === 'advance') await this.clock.advance(command.ms)
    else if (command.op === 'block') this.clock.block(command.ms)
    else if (command.op === 'resize') this.resize(command.size)
    else if (command.op === 'tick') for (let i = 0; i < 10; i++) await Promise.resolve()
  }

  /** Of a pool that has stopped, it throws. */
  private resize(size: number): void {
    if (!inspect(this.pool).phase.startsWith('stop')) resize(this.pool, size)
  }

  private send({ type, mode }: Pick<Work, 'type' | 'mode'>, id: number): void {
    const message: Work = { type, id, mode }
    const answer = this.isPlain ? call(this.pool, message, { timeout: TIMEOUT }) : call(this.pool, message)
    void answer.then(
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

describe('a call that is alone', () => {
  it('ends as it does on the general way, whatever its handler does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(command, { minLength: 5, maxLength: 40 }),
        async (size, commands) => {
          const sides = [new Side(false, size), new Side(true, size)] as const
          for (const side of sides) await side.clock.settle()
          for (const [id, each] of commands.entries()) {
            for (const side of sides) await side.run(each, id)
            if (each.op === 'advance') expect(sides[0].seen()).toEqual(sides[1].seen())
          }
          for (const side of sides) await side.clock.advance(TIMEOUT * 3)
          const [short, plain] = sides.map((side) => side.seen())
          expect(short).toEqual(plain)
          expect(sides[0].clock.timers).toBe(sides[1].clock.timers)
          for (const side of sides) stop(side.system)
        },
      ),
      { numRuns: 300 },
    )
  })
})
