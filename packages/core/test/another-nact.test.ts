import { definePool, isGenPoolError, reply, spawnPool } from '@genpool/core'
import * as nact from 'nact'

const { start, stop } = nact

const Any = definePool({ calls: { one: () => reply(1) } })

/** A system of another copy of nact: its module was loaded a second time. */
const startElsewhere = (): ReturnType<typeof start> => {
  let other = nact
  jest.isolateModules(() => (other = jest.requireActual<typeof nact>('nact')))
  return other.start()
}

const spawnIn = (system: ReturnType<typeof start>): unknown => {
  try {
    return spawnPool(system, Any, 'pool')
  } catch (error) {
    return error
  }
}

it('a system of another copy of nact is refused with how to find that copy', () => {
  const error = spawnIn(startElsewhere())
  expect(isGenPoolError(error, 'ERR_GENPOOL_STOPPED')).toBe(true)
  expect((error as Error).message).toMatch(
    /^"[^"]*" has stopped, so nothing can be spawned under it\. If it has not been stopped, another copy of nact has made it: "npm ls nact" shows /,
  )
})

it('so is one that has stopped, since nact has forgotten it', () => {
  const system = start()
  stop(system)
  expect((spawnIn(system) as Error).message).toContain('"npm ls nact" shows')
})

it('an actor that has stopped in a system that runs is no question of copies', () => {
  const system = start()
  const pool = spawnPool(system, Any, 'pool')
  stop(pool)
  expect((spawnIn(pool as never) as Error).message).toMatch(/has stopped, so nothing can be spawned under it\.$/)
})
