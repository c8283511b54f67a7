// A user's TypeScript program: the classic example, with the types that are published.
import { query, start, stop } from 'nact'
import { call, cast, definePool, isGenPoolError, noReply, reply, spawnPool } from '@genpool/core'
import { serveDashboard, type ServedDashboard } from '@genpool/dashboard'

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: {
    add: (msg: { value: number }, state) => reply(state.count + msg.value, { count: state.count + msg.value }),
  },
  casts: { add: (msg: { value: number }, state) => noReply({ count: state.count + msg.value }) },
})

async function main(): Promise<void> {
  const system = start()
  const pool = spawnPool(system, Counter, 'counter', { size: 5 })
  const sum: number = await call(pool, { type: 'add', value: 5 })
  // @ts-expect-error -- a value of the wrong type does not compile
  const wrong = (): unknown => call(pool, { type: 'add', value: 'five' })
  // @ts-expect-error -- nor does a message that the behaviour does not know
  const unknown = (): unknown => call(pool, { type: 'sub', value: 5 })
  const sent = cast(pool, { type: 'add', value: 5 })
  const total: unknown = await query(pool, { type: 'add', value: 5 }, 1000)
  const served: ServedDashboard = await serveDashboard({ pools: [pool], port: 0 })
  await served.close()
  stop(system)
  if (sum !== 5 || !sent.ok || total !== 15) throw new Error(`got ${sum}, ${JSON.stringify(sent)}, ${String(total)}`)
  if (isGenPoolError(wrong) || isGenPoolError(unknown)) throw new Error('a function is no error')
  console.log('typescript ok')
}

void main()
