import { call, cast, definePool, map, mapStream, noReply, reply, spawnPool } from '@genpool/core'
import { type Durable, durable, type RemotePoolRef } from '@genpool/nats'
import type { Behaviour } from '@genpool/core'

const _Work = definePool({
  calls: { add: (_: { v: number }) => reply(1) },
  casts: { put: (_: { v: number }) => noReply() },
})
const _Longer = definePool({
  casts: { put: (_: { v: number }) => noReply(), del: (_: { v: number }) => noReply() },
})
const _Other = definePool({ casts: { put: (_: { v: string }) => noReply() } })
type System = Parameters<typeof spawnPool>[0]
type Far = RemotePoolRef<typeof _Work extends Behaviour<infer P> ? P : never>

/** Never runs: the compiler reads it. */
export async function slips(far: Far, jobs: Durable): Promise<void> {
  await call(far, { type: 'add', v: 1 }, { key: 'k', idempotent: true })
  cast(far, { type: 'put', v: 1 }, { key: 'k' })
  // @ts-expect-error calls of other clients would not share the run
  await call(far, { type: 'add', v: 1 }, { share: 'k' })
  // @ts-expect-error it is tried on another node by itself
  await call(far, { type: 'add', v: 1 }, { retry: { attempts: 2 } })
  map(far, [{ type: 'add', v: 1 }], { inFlight: 2, key: ({ v }) => v })
  // @ts-expect-error so are the calls of map
  map(far, [{ type: 'add', v: 1 }], { retry: {} })
  // @ts-expect-error and of its stream
  mapStream(far, { retry: {} })
  // @ts-expect-error a cast that is on its way cannot be replaced
  cast(far, { type: 'put', v: 1 }, { latest: 'k' })
  // @ts-expect-error only a pool of this process consumes
  await jobs.consume(far)
}

/** Never runs: the compiler reads it. */
export async function typedQueues(connection: Parameters<typeof durable>[0], system: System): Promise<void> {
  const jobs = await durable<typeof _Work>(connection, { name: 'q' })
  const takesAny = (queue: Durable): string => queue.name
  takesAny(jobs)
  await jobs.cast({ type: 'put', v: 1 })
  // @ts-expect-error nobody would get the answer of a call
  await jobs.cast({ type: 'add', v: 1 })
  // @ts-expect-error there is no such type
  await jobs.cast({ type: 'other' })
  await jobs.consume(spawnPool(system, _Work))
  await jobs.consume(spawnPool(system, _Longer))
  await jobs.consume(spawnPool(system, (state: number, _: { type: 'put'; v: number }) => state))
  // @ts-expect-error it gets casts that it does not handle
  await jobs.consume(spawnPool(system, _Other))
  // @ts-expect-error so does one that takes calls only
  await jobs.consume(spawnPool(system, definePool({ calls: { put: (_: { v: number }) => reply(1) } })))
  const send = async (queue: Durable<typeof _Work>): Promise<void> => {
    await queue.cast({ type: 'put', v: 1 })
    // @ts-expect-error it takes a number
    await queue.cast({ type: 'put', v: 'x' })
    takesAny(queue)
  }
  await send(jobs)
  const sendTyped = (queue: Durable<typeof _Work extends Behaviour<infer P> ? P : never>) =>
    queue.cast({ type: 'put', v: 1 })
  await sendTyped(jobs)
  const untyped = await durable(connection, { name: 'q' })
  await untyped.cast({ type: 'whatever' })
  await untyped.consume(spawnPool(system, _Other))
  takesAny(untyped)
}

describe('the types of a pool that runs elsewhere', () => {
  it('refuse what it never takes', () => {
    expect(slips).toBeInstanceOf(Function)
  })
})
