import { cast, configure, type Context, definePool, halt, inspect, noReply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

/** What a handler does with its message. */
type Mode =
  'nothing' | 'next' | 'recipe' | 'then' | 'throw' | 'await' | 'halt' | 'cast' | 'effect' | 'limit' | 'block' | 'stop'

/** More than this wait before anything is packed. */
const FEW = 1060

const mode = fc.oneof(
  { weight: 60, arbitrary: fc.constant<Mode>('nothing') },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Mode>('next', 'recipe', 'then', 'throw', 'await', 'halt', 'cast', 'effect', 'block'),
  },
  { weight: 1, arbitrary: fc.constantFrom<Mode>('limit', 'stop') },
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
  readonly lost: unknown[] = []
  private readonly pool: ReturnType<Side['spawn']>

  /** @param isPlain whether each cast has an option, so that it is not packed */
  constructor(
    private readonly isPlain: boolean,
    size: number,
  ) {
    this.pool = this.spawn(size)
  }

  private spawn(size: number) {
    const handle = (message: Message, state: { sum: number }, ctx: Context): never =>
      this.handle(message, state, ctx) as never
    const behaviour = definePool({
      init: () => ({ sum: 0 }),
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
    return spawnPool(this.system, behaviour, 'pool', { size, clock: this.clock, onDrop, restart: { attempts: 1e6 } })
  }

  private handle({ id, mode }: Message, { sum }: { sum: number }, ctx: Context): unknown {
    this.ran.push([id, sum, ctx.attempt])
    if (mode === 'next') return noReply({ sum: sum + 1 })
    if (mode === 'recipe') return noReply((draft: { sum: number }) => void (draft.sum += 1))
    if (mode === 'then') return noReply(undefined, { timeout: 5 })
    if (mode === 'throw') throw new Error('on purpose')
    if (mode === 'await') return this.clock.wait(10)
    if (mode === 'halt') return halt('normal')
    if (mode === 'cast') this.send({ type: 'other', id: id + 100_000, mode: 'nothing' })
    if (mode === 'effect') ctx.afterCommit(() => this.ran.push(['effect', id]))
    if (mode === 'limit') configure(this.pool, { limits: { by: () => 1, concurrency: 1 } })
    if (mode === 'block') this.clock.block(1)
    if (mode === 'stop') stop(this.pool)
    return noReply()
  }

  send(message: Message): void {
    cast(this.pool, message, this.isPlain ? { priority: 0 } : undefined)
  }

  /** All that there is to see. */
  seen(): unknown {
    const { accepted, waiting, outcomes, sojourn, size, phase } = inspect(this.pool)
    return { ran: this.ran, lost: this.lost, accepted, waiting, outcomes, waited: sojourn.count, size, phase }
  }
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
        const sides = [new Side(false, size), new Side(true, size)] as const
        for (const side of sides) {
          await side.clock.settle()
          let id = 0
          const fill = (count: number): void => {
            for (let i = 0; i < count; i++) side.send({ type: 'tell', id: id++, mode: 'nothing' })
          }
          fill(FEW)
          for (const [group, others] of groups) {
            for (const each of group) side.send({ ...each, id: id++ })
            fill(others)
          }
        }
        for (let i = 0; i < 20; i++) for (const side of sides) await side.clock.advance(10)
        expect(sides[0].seen()).toEqual(sides[1].seen())
        for (const side of sides) stop(side.system)
      },
    ),
    { numRuns: 60 },
  )
})
