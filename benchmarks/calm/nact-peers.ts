import type { House } from './house'
import { MEMBERS, PATIENCE_MS } from './pools'
import { BURST, bursts, type Contender, four, lanes } from './race'
import { Arrivals, ask, tell, work } from './work'

interface Context {
  readonly sender: unknown
}
type Message = ReturnType<typeof ask> | ReturnType<typeof tell>

/** An actor that does the same work as a pool's handlers: it answers what is asked, and counts what is told. */
function workerOf({ dispatch }: House, arrivals: Arrivals) {
  return (state: unknown, message: Message, ctx: Context): unknown => {
    if (message.type === 'ask') dispatch(ctx.sender, work(message))
    else arrivals.add(message)
    return state
  }
}

/** Eight actors behind one that forwards messages to them in turn: a pool in plain nact. Four of these. */
function routers(house: House) {
  const { system, dispatch, spawn } = house
  return four(() => {
    const arrivals = new Arrivals()
    const workers = Array.from({ length: MEMBERS }, () => spawn(system, workerOf(house, arrivals)))
    let next = 0
    const ref = spawn(system, (state: unknown, message: unknown, ctx: Context) => {
      dispatch(workers[next++ % MEMBERS], message, ctx.sender)
      return state
    })
    return { ref, arrivals }
  })
}

/** nact's query, to routers. */
export function routerQueries(house: House, width: number): Contender {
  return lanes(width, routers(house), ({ ref }, n) => house.query(ref, ask(n), PATIENCE_MS))
}

/** nact's query, to single actors. */
export function actorQueries(house: House, width: number): Contender {
  const actors = four(() => house.spawn(house.system, workerOf(house, new Arrivals())))
  return lanes(width, actors, (ref, n) => house.query(ref, ask(n), PATIENCE_MS))
}

/** Bursts of nact's dispatch, to routers. */
export function routerBursts(house: House): Contender {
  return bursts(routers(house), ({ ref, arrivals }) => {
    const all = arrivals.expect(BURST)
    for (let n = 0; n < BURST; n++) house.dispatch(ref, tell(n))
    return all
  })
}
