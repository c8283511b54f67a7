import {
  call,
  cast,
  configure,
  type Context,
  definePool,
  drain,
  halt,
  inspect,
  noReply,
  onEvent,
  pause,
  reply,
  resize,
  resume,
  spawnPool,
} from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

/** What a handler does with its message. */
type Mode =
  | 'nothing'
  | 'undefined'
  | 'next'
  | 'recipe'
  | 'then'
  | 'throw'
  | 'reject'
  | 'await'
  | 'halt'
  | 'cast'
  | 'call'
  | 'effect'
  | 'block'
  | 'look'
  | 'read'
  | 'keep'
  | 'late'
  | 'listen'
  | 'watch'
  | 'exclusive'
  | 'resize'
  | 'pause'
  | 'limit'
  | 'bound'
  | 'drain'
  | 'stop'

/** What ends, holds back or limits its member or its pool: what follows depends on who has what in hand. */
const INTERRUPTS: readonly Mode[] = [
  'pause',
  'limit',
  'drain',
  'stop',
  'resize',
  'then',
  'await',
  'reject',
  'throw',
  'halt',
]
/** `GENPOOL_LAW_RUNS` asks for more. */
const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 100)
/** More than this wait before anything is packed. */
const FEW = 110

const mode = fc.oneof(
  { weight: 60, arbitrary: fc.constant<Mode>('nothing') },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Mode>('next', 'recipe', 'then', 'throw', 'reject', 'await', 'halt', 'cast', 'call'),
  },
  { weight: 6, arbitrary: fc.constantFrom<Mode>('undefined', 'effect', 'block', 'look', 'read', 'keep', 'late') },
  { weight: 3, arbitrary: fc.constantFrom<Mode>('listen', 'watch', 'exclusive', 'resize', 'pause', 'bound') },
  { weight: 1, arbitrary: fc.constantFrom<Mode>('limit', 'drain', 'stop') },
)

interface Message {
  readonly type: 'tell' | 'other' | 'batch'
  readonly id: number
  readonly mode: Mode
}

/** One of two pools that get the same casts. */
class Side {
  readonly clock = virtualClock()
  readonly system = start()
  readonly ran: unknown[] = []
  readonly lost: [id: number, code: string][] = []
  readonly told: [id: number, outcome: string, attempts: number][] = []
  private readonly kept: Context[] = []
  private readonly ends: (() => void)[] = []
  private readonly pool: ReturnType<Side['spawn']>

  /** @param isPlain whether each cast has an option, so that it is not packed */
  constructor(
    private readonly isPlain: boolean,
    private readonly size: number,
  ) {
    this.pool = this.spawn(size)
  }

  private spawn(size: number) {
    const handle = (message: Message, state: { sum: number }, ctx: Context): never =>
      this.handle(message, state, ctx) as never
    const behaviour = definePool({
      init: () => ({ sum: 0 }),
      calls: { ask: () => reply(this.ran.push('call')) },
      casts: {
        tell: handle,
        other: handle,
        batch: {
          batch: 3,
          handle: (messages: readonly Message[]) => (this.ran.push(...messages.map(({ id }) => id)), noReply()),
        },
      },
    })
    const onDrop = ({ message, error }: { message: unknown; error: { code: string } }): void =>
      void this.lost.push([(message as Message).id, error.code])
    return spawnPool(this.system, behaviour, 'pool', {
      size,
      clock: this.clock,
      callerContext: false,
      onDrop,
      restart: { attempts: 1e6 },
    })
  }

  private handle({ id, mode }: Message, { sum }: { sum: number }, ctx: Context): unknown {
    this.ran.push([id, sum, ctx.attempt])
    // What other members have in hand goes on: how much that is depends on the way.
    if (!this.isAlone && INTERRUPTS.includes(mode)) return noReply()
    if (mode === 'undefined') return undefined
    if (mode === 'next') return noReply({ sum: sum + 1 })
    if (mode === 'recipe') return noReply((draft: { sum: number }) => void (draft.sum += 1))
    if (mode === 'then') return noReply(undefined, { timeout: 5 })
    if (mode === 'throw') throw new Error('on purpose')
    if (mode === 'reject') return Promise.reject(new Error('on purpose'))
    if (mode === 'await') return this.clock.wait(10)
    if (mode === 'halt') return halt('normal')
    if (mode === 'cast') this.send({ type: 'other', id: id + 100_000, mode: 'nothing' })
    if (mode === 'effect') ctx.afterCommit(() => this.ran.push(['effect', id]))
    if (mode === 'call') void call(this.pool, { type: 'ask' } as never).catch(() => undefined)
    if (mode === 'look') this.look()
    if (mode === 'read') this.ran.push(this.read(ctx), ctx.signal === ctx.signal, ctx.from === ctx.from)
    if (mode === 'keep') this.kept.push(ctx)
    if (mode === 'late') for (const each of this.kept.splice(0)) this.ran.push(this.read(each), this.use(each))
    if (mode === 'listen') this.listen()
    if (mode === 'exclusive') configure(this.pool, { state: { commit: 'exclusive' } })
    if (mode === 'watch') configure(this.pool, { stuckAfter: 1e6 })
    if (mode === 'resize') resize(this.pool, this.isAlone ? 1 : this.size + (id % 2))
    if (mode === 'pause') this.rest()
    if (mode === 'bound') configure(this.pool, { broker: { client: { type: 'drop', max: 100_000 + id } } })
    if (mode === 'drain') void drain(this.pool).catch(() => undefined)
    if (mode === 'limit') configure(this.pool, { limits: { by: () => 1, concurrency: 1 } })
    if (mode === 'block') this.clock.block(1)
    if (mode === 'stop') stop(this.pool)
    return noReply()
  }

  /** What the pool says of itself while a handler runs. What other members have in hand is counted as it waits. */
  private look(): void {
    const { accepted, outcomes, sojourn, members, waiting } = inspect(this.pool)
    const alone = this.size === 1 ? { waiting, members, waited: sojourn.count } : {}
    this.ran.push({ accepted, outcomes, ...alone })
  }

  private read({ attempt, sender, remainingMs, name, delivery }: Context): unknown {
    return [attempt, (sender as { type?: string }).type, remainingMs, name, delivery]
  }

  /** The cast of this context is over: nothing that is done with it may change another one. */
  private use(ctx: Context): unknown {
    ctx.afterCommit(() => this.ran.push('never'))
    return [ctx.signal.aborted, ctx.from === ctx.from, ctx.progress(1)]
  }

  private listen(): void {
    const hear = ({ message, outcome, attempts }: { message: unknown; outcome: string; attempts: number }): void => {
      // Of those that a stop ends, the ones in hand come first.
      if (outcome === 'stopped') return
      if (this.told.push([(message as Message).id, outcome, attempts]) % 20 === 0) end()
    }
    const end = onEvent('genpool:request:settled', hear, { pool: this.pool })
    this.ends.push(end)
  }

  private rest(): void {
    pause(this.pool)
    void this.clock
      .wait(5)
      .then(() => resume(this.pool))
      .catch(() => undefined)
  }

  send(message: Message): void {
    cast(this.pool, message, this.isPlain ? { priority: 0 } : undefined)
  }

  get isAlone(): boolean {
    return this.size === 1
  }

  stop(): void {
    for (const end of this.ends) end()
    stop(this.system)
  }

  /** All that there is to see. */
  seen(): unknown {
    const { accepted, waiting, outcomes, sojourn, size, phase } = inspect(this.pool)
    const { ran } = this
    // How many are in a batch depends on the members.
    const waited = this.size === 1 ? sojourn.count : null
    // One that another member had in hand is lost before those that wait.
    const byId = ([one]: readonly [number, ...unknown[]], [other]: readonly [number, ...unknown[]]): number =>
      one - other
    const [lost, told] = [this.lost.toSorted(byId), this.told.toSorted(byId)]
    return { ran, lost, told, accepted, waiting, outcomes, waited, size, phase }
  }
}

/** Sends casts in groups, each with some more that do nothing behind it. Returns all that there is to see in the end. */
async function ends(
  side: Side,
  groups: readonly (readonly [readonly Omit<Message, 'id'>[], number])[],
): Promise<unknown> {
  await side.clock.advance(10)
  let id = 0
  const fill = (count: number): void => {
    for (let i = 0; i < count; i++) side.send({ type: 'tell', id: id++, mode: 'nothing' })
  }
  fill(FEW)
  for (const [group, others] of groups) {
    // Which messages are in a batch, and what comes before it, depends on the members.
    for (const { type, mode } of group)
      side.send({ type: type === 'batch' && !side.isAlone ? 'tell' : type, mode, id: id++ })
    fill(others)
  }
  for (let i = 0; i < 20; i++) await side.clock.advance(10)
  const seen = side.seen()
  side.stop()
  return seen
}

it('casts that are run out of packs are run like others, whatever their handlers do', async () => {
  const more = fc.record({ type: fc.constantFrom('tell' as const, 'tell' as const, 'other' as const), mode })
  const batch = fc.record({ type: fc.constant('batch' as const), mode: fc.constant<Mode>('nothing') })
  const casts = fc.array(fc.oneof({ weight: 20, arbitrary: more }, { weight: 1, arbitrary: batch }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.tuple(casts, fc.integer({ min: 0, max: 80 })), { minLength: 1, maxLength: 6 }),
      async (size, groups) => {
        // One after the other: who listens to a pool of one side is there for the other, too.
        const [ours, theirs] = [await ends(new Side(false, size), groups), await ends(new Side(true, size), groups)]
        expect(ours).toEqual(theirs)
      },
    ),
    { numRuns: RUNS },
  )
})
