import { call, definePool, getState, inspect, type Inspection, ready, reply, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'
import { readPackage } from './manifest'
import { addTo, emptyTally, type Tally, type Totals } from './tally'

/** Reads packages, and adds up the results in one state. */
const Surveyor = definePool({
  init: emptyTally,
  calls: {
    async read(msg: { folder: string }) {
      const read = await readPackage(msg.folder)
      // The recipe runs on the latest tally, with everything that other members have added. So no update is lost.
      return reply('read', (draft) => addTo(draft, read))
    },
  },
})

/** The result of a survey, and the figures of its pool. */
export interface Survey {
  readonly tally: Totals
  readonly pool: Inspection
}

const MEMBERS = 8
/** Requests in flight: enough that a member always finds the next one waiting. */
const WINDOW = 4 * MEMBERS

/** Reads `folders` through a pool of members with one central state. */
export async function surveyWithPool(folders: readonly string[], done: () => void = () => undefined): Promise<Survey> {
  const system = start()
  const pool = spawnPool(system, Surveyor, 'surveyor', { size: MEMBERS, state: 'shared' })
  await ready(pool)
  const next = folders.values()
  const client = async (): Promise<void> => {
    for (const folder of next) {
      await call(pool, { type: 'read', folder }, { timeout: 60_000 })
      done()
    }
  }
  try {
    await Promise.all(Array.from({ length: WINDOW }, client))
    return { tally: getState(pool), pool: inspect(pool) }
  } finally {
    stop(system)
  }
}

/** Does the same in a plain loop, to check the result of the pool. */
export async function surveyInALoop(folders: readonly string[]): Promise<Tally> {
  const tally = emptyTally()
  for (const folder of folders) addTo(tally, await readPackage(folder))
  return tally
}
