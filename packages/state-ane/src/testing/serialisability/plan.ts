/** A source of random numbers: a whole number from 0 up to, but not including, `below`. */
export type Random = (below: number) => number

/** Xorshift with 32 bits of state (Marsaglia 2003): the same seed gives the same numbers everywhere. */
export function seeded(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) | 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  for (let i = 0; i < 8; i++) next()
  return (below) => next() % below
}

/** What a client does. All except `read` and `look` append their own letter to each of their cells. */
const KINDS = [
  'read', // reads its cells in one turn
  'look', // a handler that changes nothing
  'update', // a recipe, directly on the cell
  'compareAndSet', // reads, waits, and sets if the version is the same
  'recipe', // a handler that waits and returns a recipe
  'state', // a handler that waits and returns a state
  'exclusive', // the same, holding the cell
  'transaction', // one recipe on all of its cells
] as const
export type Kind = (typeof KINDS)[number]

/**
 * How it ends: it commits; it throws; a validator refuses its value; its result is not admitted (after the deadline); its
 * hold is released while it runs.
 */
const FATES = ['commits', 'throws', 'invalid', 'fenced', 'abandoned'] as const
export type Fate = (typeof FATES)[number]

export interface Operation {
  readonly kind: Kind
  readonly fate: Fate
  /** One or two. */
  readonly cells: readonly string[]
  /** How often it waits during its work. */
  readonly pauses: number
}

/** What several clients do concurrently, and in which order they continue. The same plan always runs the same way. */
export interface Plan {
  readonly clients: readonly (readonly Operation[])[]
  /**
   * Which of the waiting clients continues next; at its end it starts again. From `HASTE` on, the client after it continues,
   * too, before the effects of the first one are complete.
   */
  readonly schedule: readonly number[]
}

export const HASTE = 12

const CELLS = ['x', 'y', 'z']

export function randomPlan(random: Random): Plan {
  const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T
  const some = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)
  const operation = (): Operation => {
    const kind = pick(KINDS)
    const first = pick(CELLS)
    const second = kind === 'transaction' || kind === 'read' ? pick(CELLS) : first
    const fate = random(3) === 0 ? pick(FATES) : 'commits'
    return { kind, fate, cells: first === second ? [first] : [first, second], pauses: random(4) }
  }
  return {
    clients: some(2 + random(3), () => some(1 + random(3), operation)),
    schedule: some(5 + random(8), () => random(2 * HASTE)),
  }
}

/** Yields the same plan with a part left out, the largest parts first, to make a counterexample shorter. */
export function* smaller(plan: Plan): Generator<Plan> {
  const { clients, schedule } = plan
  const replace = (i: number, client: readonly Operation[]): Plan => ({ clients: clients.with(i, client), schedule })
  for (const [i] of clients.entries()) yield { clients: clients.toSpliced(i, 1), schedule }
  for (const [i, client] of clients.entries()) {
    for (const [j, operation] of client.entries()) {
      if (client.length > 1) yield replace(i, client.toSpliced(j, 1))
      if (operation.cells.length > 1)
        yield replace(i, client.with(j, { ...operation, cells: operation.cells.slice(0, 1) }))
      if (operation.pauses > 0) yield replace(i, client.with(j, { ...operation, pauses: operation.pauses - 1 }))
    }
  }
  if (schedule.length > 1) yield { clients, schedule: schedule.slice(0, -1) }
  for (const [i, turn] of schedule.entries()) if (turn > 0) yield { clients, schedule: schedule.with(i, turn - 1) }
}
