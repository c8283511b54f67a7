import { call, definePool, isGenPoolError, reply, spawnPool } from '@genpool/core'
import type { ActorSystemRef } from 'nact'

export type Fate = 'answered' | 'crashed' | 'cancelled' | 'expired' | 'dropped' | 'other'
type How = 'crash' | 'abort' | 'timeout' | 'answer'

/** How request number `n` should end: of each hundred, one crashes, one is aborted and one times out. */
function plan(n: number): How {
  const last = n % 100
  return last === 0 ? 'crash' : last === 33 ? 'abort' : last === 66 ? 'timeout' : 'answer'
}

/** A pool whose handlers do what the request says. An answer takes no time, and commits to the shared state. */
export function soakedPool(system: ActorSystemRef) {
  const Worker = definePool({
    init: () => ({ handled: 0 }),
    calls: {
      work: (message: { readonly how: How }, _state, ctx) => {
        if (message.how === 'crash') throw new Error('crash')
        if (message.how === 'answer') {
          return reply(1, (draft) => {
            draft.handled += 1
          })
        }
        // Runs until its caller gives up.
        return new Promise<never>((_resolve, reject) => {
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error))
        })
      },
    },
  })
  return spawnPool(system, Worker, 'soak', { size: 64 })
}

/** Sends request number `n`, and tells how it ended. */
export async function send(pool: ReturnType<typeof soakedPool>, n: number): Promise<Fate> {
  const how = plan(n)
  const controller = how === 'abort' ? new AbortController() : undefined
  const answer = call(
    pool,
    { type: 'work', how },
    {
      timeout: how === 'timeout' ? 5 : 60_000,
      ...(controller === undefined ? {} : { signal: controller.signal }),
    },
  )
  if (controller !== undefined) setImmediate(() => controller.abort())
  try {
    await answer
    return 'answered'
  } catch (error) {
    return fateOf(error)
  }
}

function fateOf(error: unknown): Fate {
  if (isGenPoolError(error, 'ERR_GENPOOL_CRASHED')) return 'crashed'
  if (isGenPoolError(error, 'ERR_GENPOOL_CANCELLED')) return 'cancelled'
  // Some requests with a timeout of 5 ms never start: too little time is left (reason "budget").
  if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) return 'dropped'
  return isGenPoolError(error, 'ERR_GENPOOL_EXPIRED') ? 'expired' : 'other'
}
