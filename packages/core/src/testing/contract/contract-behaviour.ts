import { setTimeout } from 'node:timers/promises'
import type { CallStep } from '../../behaviours/behaviour'
import type { Context } from '../../behaviours/context'
import type { Eventually } from '../../behaviours/eventually'
import { type Behaviour, definePool } from '../../behaviours/define-pool'
import type { PoolRef } from '../../behaviours/protocol'
import { halt, reply } from '../../behaviours/step'

/** What the contract of workers keeps in the shared state of its pool. */
export interface ContractState {
  /** The messages that have committed, in that order. */
  readonly ids: number[]
  /** The messages of batches that have committed. */
  readonly batched: number[]
  count: number
}

/** A message of the contract. */
export interface ContractMessage {
  readonly id: number
  /** How long its handler takes, in milliseconds; 0: it is synchronous. */
  readonly ms: number
}

interface Work extends ContractMessage {
  /** Whether its handler throws. */
  readonly fails: boolean
  /** Whether its handler ends the member. */
  readonly halts: boolean
}

/** `contractBehaviour`, as a type. */
export type ContractBehaviour = ReturnType<typeof contractBehaviour>

/** The address of a pool of `contractBehaviour`. */
export type ContractPool = ContractBehaviour extends Behaviour<infer P> ? PoolRef<P> : never

/** Why a handler was told to stop. */
export interface ToldReason {
  readonly name: string
  readonly message: string
  /** Its other fields. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Null if it has none. */
  readonly cause: ToldReason | null
}

/** What can be read of an error. */
export function factsOf(error: unknown): ToldReason | null {
  if (!(error instanceof Error)) return null
  const { name, message, cause } = error
  return { name, message, fields: { ...error, name: undefined }, cause: factsOf(cause) }
}

/**
 * The behaviour that the contract of workers (`workerContract`) is checked with: put it on your workers, or export it from the
 * module that they load.
 *
 * @param wait how a handler waits, in milliseconds; default: on Node's timers
 * @param committed told what has committed, where each worker has a state of its own. A batch is told at once
 */
export function contractBehaviour(
  wait: (ms: number) => Promise<void> = setTimeout,
  committed?: (ids: readonly number[], batched: boolean) => void,
) {
  const tells = (ctx: Pick<Context, 'afterCommit'>, ids: readonly number[], batched: boolean): void => {
    if (committed !== undefined) ctx.afterCommit(() => committed(ids, batched))
  }
  let reason: unknown
  const take = async (ms: number): Promise<void> => (ms > 0 ? wait(ms) : undefined)
  return definePool({
    init: (): ContractState => ({ ids: [], batched: [], count: 0 }),
    calls: {
      work: (
        { id, ms, fails, halts }: Work,
        _state: ContractState,
        ctx: Context<ContractState>,
      ): Eventually<CallStep<number, ContractState>> => {
        const end = (): CallStep<number, ContractState> => {
          if (fails) throw new Error(`message ${id} failed`)
          tells(ctx, [id], false)
          const next = (draft: ContractState): void => void draft.ids.push(id)
          return halts ? halt('normal', { reply: id, next }) : reply(id, next)
        }
        return ms > 0 ? wait(ms).then(end) : end()
      },
      add: async ({ ms }: ContractMessage): Promise<CallStep<number, ContractState>> => {
        await take(ms)
        return reply(
          (state: ContractState) => state.count,
          (draft: ContractState) => {
            draft.count++
          },
        )
      },
      next: async ({ ms }: ContractMessage, state: ContractState) => {
        await take(ms)
        return reply(undefined, { ...state, count: state.count + 1 })
      },
      many: {
        batch: 4,
        handle: async (
          messages: readonly ContractMessage[],
          _state: ContractState,
          ctx: Context<ContractState>,
        ): Promise<CallStep<number[], ContractState>> => {
          await take(messages[0]?.ms ?? 0)
          const ids = messages.map(({ id }) => id)
          tells(ctx, ids, true)
          return reply(ids, (draft: ContractState) => {
            draft.batched.push(...ids)
          })
        },
      },
      obey: async (_message: ContractMessage, _state: ContractState, { signal }: { readonly signal: AbortSignal }) => {
        const isLate = signal.aborted
        if (!isLate) await new Promise((resolve) => signal.addEventListener('abort', resolve))
        reason = isLate ? undefined : signal.reason
        return reply('aborted')
      },
      /** What `obey` was told last by this worker while it waited. */
      told: (_message: ContractMessage) => reply(factsOf(reason)),
    },
  })
}
