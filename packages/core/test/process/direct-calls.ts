import {
  call,
  cast,
  type Context,
  definePool,
  getMembers,
  halt,
  inspect,
  noReply,
  reply,
  resize,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'
import assert from 'node:assert/strict'
import { poolOf } from '../../src/api/pool-of'
import { InProcessWorker } from '../../src/work/in-process'

/*
 * A process of its own: under Jest, each caller has an asynchronous context, and no call is run alone.
 */

/** What a handler does with its context. */
const READING = ['read', 'keep', 'late', 'from', 'effect', 'look'] as const
const OTHERS = ['object', 'next', 'throw', 'await', 'later', 'never', 'halt', 'block', 'call'] as const
/** How a handler ends. */
type Mode = 'answer' | (typeof READING)[number] | (typeof OTHERS)[number] | 'stop'

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
  { weight: 24, arbitrary: fc.constant<Mode>('answer') },
  { weight: 8, arbitrary: fc.constantFrom<Mode>(...READING) },
  { weight: 6, arbitrary: fc.constantFrom<Mode>(...OTHERS) },
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
  private readonly kept: Context[] = []
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
    // How long runs are expected to take depends on which of them are measured.
    const broker = { budget: false }
    return spawnPool(this.system, behaviour, 'pool', {
      size,
      clock: this.clock,
      timeout: TIMEOUT,
      state: 'isolated',
      broker,
    })
  }

  private handle({ id, mode }: Work, ctx: Context): unknown {
    this.ran.push([id, mode, ctx.attempt])
    if (mode === 'read') this.ran.push(this.read(ctx))
    if (mode === 'keep') this.kept.push(ctx)
    if (mode === 'late') for (const each of this.kept) this.ran.push(this.read(each), this.use(each))
    if (mode === 'from') ctx.from.reply('from')
    if (mode === 'effect') ctx.afterCommit(() => this.ran.push(['effect', id]))
    if (mode === 'look') this.ran.push(this.look())
    if (mode === 'next') return reply(id, 1)
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

  private read({ attempt, member, sender, remainingMs, name, delivery }: Context): unknown {
    return [attempt, member.name, (sender as { type?: string }).type, remainingMs, name, delivery]
  }

  /** The call of this context may be over: nothing that is done with it may change another one. */
  private use(ctx: Context): unknown {
    ctx.afterCommit(() => this.ran.push('an effect that is too late'))
    return [ctx.signal.aborted, ctx.from === ctx.from, ctx.progress(1), ctx.from.reply('late')]
  }

  /** What the pool says of itself while a handler runs. */
  private look(): unknown {
    const { accepted, outcomes, members } = inspect(this.pool)
    return [
      accepted,
      outcomes,
      members,
      getMembers(this.pool).map(({ name, status, handled, doing }) => [name, status, handled, doing]),
    ]
  }

  async run(command: Command, id: number): Promise<void> {
    if (command.op === 'call') this.send(command, id)
    else if (command.op === 'cast') cast(this.pool, { type: 'tell' })
    else if (command.op === 'advance') await this.clock.advance(command.ms)
    else if (command.op === 'block') await this.block(command.ms)
    else if (command.op === 'resize') this.resize(command.size)
    else if (command.op === 'tick') await ticks()
  }

  /** In a turn of its own: within one, calls share a reading of the clock, and which of them do depends on the way. */
  private async block(ms: number): Promise<void> {
    await this.clock.settle()
    this.clock.block(ms)
    await this.clock.settle()
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
    const members = getMembers(this.pool).map(({ name, status, handled }) => [name, status, handled])
    const { kernel } = poolOf(this.pool, 'seen')
    const { busy } = kernel.crew
    const queued = kernel.port.relativeTime(kernel.turn.last)
    const became = [...this.became].sort(([one], [other]) => one - other)
    return { became, ran: this.ran, accepted, waiting, outcomes, waited: sojourn.count, size, members, busy, queued }
  }
}

async function ticks(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

/** How many calls were run alone, and were answered at once. */
let alone = 0
const { runAlone } = InProcessWorker.prototype
InProcessWorker.prototype.runAlone = function (job, startedAt) {
  const step = runAlone.call(this, job, startedAt)
  if (step !== null) alone++
  return step
}

async function endsAlike(size: number, commands: readonly Command[]): Promise<void> {
  const sides = [new Side(false, size), new Side(true, size)] as const
  for (const side of sides) await side.clock.settle()
  for (const [id, each] of commands.entries()) {
    for (const side of sides) await side.run(each, id)
    if (each.op === 'advance') assert.deepEqual(sides[0].seen(), sides[1].seen())
  }
  for (const side of sides) await side.clock.advance(TIMEOUT * 3)
  const [short, plain] = sides.map((side) => side.seen())
  assert.deepEqual(short, plain)
  assert.equal(sides[0].clock.timers, sides[1].clock.timers)
  for (const side of sides) stop(side.system)
}

async function main(runs: number): Promise<void> {
  const commands = fc.array(command, { minLength: 5, maxLength: 40 })
  const law = fc.asyncProperty(fc.integer({ min: 1, max: 3 }), commands, endsAlike)
  await fc.assert(law, { numRuns: runs })
  console.log(`the same, and more than ${Math.min(alone, runs)} calls alone`)
}

void main(Number(process.argv[2]))
