import {
  type OwnerMessage,
  PatchLog,
  ReplicaCell,
  type ReplicaMessage,
  ReplicaSession,
  createStore,
} from '@genpool/state-ane'
import fc from 'fast-check'
import { add, quiet, type State } from './counting'

/** A replica and its session, with a message each way delivered only when the test says so. */
class Side {
  readonly up: ReplicaMessage[] = []
  readonly down: OwnerMessage<State>[] = []
  readonly replica: ReplicaCell<State>
  readonly session: ReplicaSession<State>
  /** What it has been given and has not begun: as a thread that is busy elsewhere. */
  jobs = 0
  given = 0
  /** Of how many it knows that they are committed. */
  answered = 0
  isCut = false
  end: (() => void) | null = null

  constructor(
    readonly name: string,
    log: PatchLog<State>,
  ) {
    this.replica = new ReplicaCell<State>('state', {
      send: (message) => void this.up.push(message),
      tag: () => 0,
      rests: true,
    })
    this.session = new ReplicaSession<State>(log, {
      send: (message) => void this.down.push(message),
      admit: () => undefined,
      committed: () => undefined,
      changed: () => undefined,
      limit: (end) => (this.end = end),
    })
  }

  /** The owner gives it something to commit. What was committed before is there before. */
  give(): void {
    this.given++
    this.reach()
    this.jobs++
  }

  /** The owner sends what it has for it. */
  reach(): void {
    if (this.isCut) return
    this.session.update()
  }

  /** Others have committed. */
  follow(): void {
    if (this.session.followsEach) this.reach()
  }

  deliverUp(): void {
    const message = this.up.shift()
    if (message !== undefined && !this.isCut) this.session.receive(message)
  }

  deliverDown(): void {
    const message = this.down.shift()
    if (message !== undefined && !this.isCut) this.replica.receive(message)
  }

  /** It hears all that was sent, does all that it was given, and rests. */
  run(most: number): void {
    while (this.down.length > 0) this.deliverDown()
    for (; this.jobs > 0; this.jobs--) this.begin()
    this.replica.rest(most)
  }

  /** It does one of what it was given, though it has not heard all: its commits before that are under way. */
  goOn(most: number): void {
    if (this.jobs === 0) return
    this.jobs--
    this.begin()
    this.replica.rest(most)
  }

  begin(): void {
    void Promise.resolve(this.replica.update((draft) => add(draft, this.name))).then(() => this.answered++)
  }

  cut(): void {
    this.isCut = true
    this.session.close()
  }
}

function sides(count: number) {
  const cell = createStore().cell<State>('state', { initial: { n: 0, by: {} } })
  const log = new PatchLog<State>(cell)
  const all = Array.from({ length: count }, (_, i) => new Side(String(i), log))
  for (const side of all) {
    side.reach()
    side.deliverDown()
  }
  return { cell, all }
}

type Step = readonly [what: number, who: number]

/** One step of one of them. */
async function step(all: readonly Side[], [what, who]: Step, most: number): Promise<void> {
  const side = all[who % all.length] as Side
  if (side.isCut) return
  if (what === 0) side.give()
  else if (what === 1) side.deliverUp()
  else if (what === 2) side.deliverDown()
  else if (what === 3) side.run(most)
  else if (what === 4) side.follow()
  else if (what === 5) side.end?.()
  else if (what === 6) side.goOn(most)
  else await quiet()
}

/** All channels are emptied again and again, until nothing more happens. */
async function drain(all: readonly Side[], most: number): Promise<void> {
  const isDone = (): boolean =>
    all.every(({ isCut, given, answered, up, down }) => isCut || (given === answered && up.length + down.length === 0))
  for (let round = 0; round < 200 && !isDone(); round++) {
    for (const side of all) {
      if (side.isCut) continue
      while (side.up.length > 0) side.deliverUp()
      side.follow()
      side.run(most)
    }
    await quiet()
  }
}

const steps = fc.array(fc.tuple(fc.nat(7), fc.nat(2)), { maxLength: 120, size: 'max' })
const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 300)

describe('the turns of replicas, in any order of steps', () => {
  it('let each commit count once, and nobody waits for ever', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (order, most) => {
        const { cell, all } = sides(3)
        for (const each of order) await step(all, each, most)
        await drain(all, most)
        expect(all.map(({ answered }) => answered)).toEqual(all.map(({ given }) => given))
        expect(cell.value.n).toBe(all.reduce((sum, { given }) => sum + given, 0))
        expect(cell.version).toBe(cell.value.n)
      }),
      { numRuns: RUNS },
    )
  }, 60_000)

  it('go on when one of them dies', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(120), fc.integer({ min: 1, max: 4 }), async (order, when, most) => {
        const { cell, all } = sides(3)
        for (const [i, each] of order.entries()) {
          if (i === when) all[0]?.cut()
          await step(all, each, most)
        }
        all[0]?.cut()
        await drain(all, most)
        const [, ...others] = all
        expect(others.map(({ answered }) => answered)).toEqual(others.map(({ given }) => given))
        for (const { name, given } of others) expect(cell.value.by[name] ?? 0).toBe(given)
      }),
      { numRuns: RUNS },
    )
  }, 60_000)
})
