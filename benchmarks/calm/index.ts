import { figure, type Row } from '../measure'
import type { CalmOptions } from './options'
import { gaugeRows } from './gauges/rows'
import { inProcess } from './in-process'
import type { Rival } from './race'
import { races } from './races'
import type { Rates } from './rounds'
import { joined, type Laps, lapsOf, rowOf, titleOf } from './rows'
import { shownFigure } from '../report/values'

const EFFORT = { processes: 3, rounds: 24 }
const QUICK_ROUNDS = 12

export interface Calm {
  readonly rows: readonly Row[]
  /** Calls per second of the pool and of each rival, for the picture. */
  readonly rates: readonly (readonly [string, number])[]
}

/** Measures a pool that is not overloaded: each row in processes of its own, and all rows together in others. */
export function calm(options: CalmOptions): Calm {
  const { only } = options
  // A few rows beside each other would not be all rows.
  const together = only === '' ? mixed(options) : new Map<Rival, Laps>()
  const measured = races.flatMap((race, index) =>
    race.rivals.flatMap((rival, place) => {
      if (!titleOf(race, rival).includes(only)) return []
      const laps = alone(index, place, options)
      const row = rowOf(race, rival, laps, together.get(rival) ?? null)
      process.stderr.write(`  calm: ${row.title}: ${shownFigure(row, row.spread!)}\n`)
      return [{ race, rival, laps, row }]
    }),
  )
  const peers = measured.filter(({ race }) => race === races[0])
  const pool = peers.length === 0 ? 0 : figure(peers.flatMap(({ laps }) => laps.all.map(({ ours }) => ours))).median
  return {
    rows: [...measured.map(({ row }) => row), ...gaugeRows(options)],
    rates: [['call of a pool', pool], ...peers.map(({ rival, row }) => [rival.name, pool / row.value] as const)],
  }
}

/** An even number of processes beside the commit before: each side is made first in half of them. */
function processesFor(count: number, before: string | null): number {
  return before === null ? count : 2 * Math.ceil(count / 2)
}

/** Measures one row in processes of its own. */
function alone(race: number, place: number, { before, quick, cpu }: CalmOptions): Laps {
  const { processes, rounds } = races[race]!.effort ?? EFFORT
  const measured = Array.from({ length: processesFor(quick ? 1 : processes, before) }, (_, process) => {
    const job = {
      entries: [{ race, rivals: [place] }],
      rounds: quick ? Math.min(rounds, QUICK_ROUNDS) : rounds,
      before,
      beforeFirst: process % 2 === 1,
      cpu,
    }
    const [rates] = inProcess<Rates[]>(job)
    return lapsOf(rates!, 0)
  })
  return joined(measured)
}

/** Measures all rows side by side in one process, as in an application that has much other code. */
function mixed({ before, quick, cpu }: CalmOptions): Map<Rival, Laps> {
  const entries = races.flatMap(({ mixed, rivals }, race) => (mixed ? [{ race, rivals: [...rivals.keys()] }] : []))
  const laps = new Map<Rival, Laps>()
  for (let i = 0; i < processesFor(quick ? 1 : EFFORT.processes, before); i++) {
    process.stderr.write(`  calm: all rows in one process (${i + 1})\n`)
    const rounds = quick ? QUICK_ROUNDS : EFFORT.rounds
    const all = inProcess<Rates[]>({ entries, rounds, before, beforeFirst: i % 2 === 1, cpu })
    for (const [entry, rates] of all.entries()) {
      for (const [place, rival] of races[entries[entry]!.race]!.rivals.entries())
        laps.set(rival, joined([...(laps.has(rival) ? [laps.get(rival)!] : []), lapsOf(rates, place)]))
    }
  }
  return laps
}
