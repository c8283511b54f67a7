import type { WorkerSeat } from '@genpool/core'
import { plainAddress, type Reference } from '@genpool/runtime'
import type { Setup } from '../protocol/messages'

/** What a thread is told of its member and its pool. */
export function setupOf({ info, facts, stateOptions, cell }: Omit<WorkerSeat, 'turn'>, offset: bigint): Setup {
  const { type, commit, retries } = stateOptions
  return {
    name: facts.name,
    self: plainAddress(facts.self as unknown as Reference),
    parent: facts.parent === undefined ? undefined : plainAddress(facts.parent as unknown as Reference),
    hasLog: facts.log !== undefined,
    member: {
      ref: plainAddress(info.ref as unknown as Reference),
      name: info.name,
      slot: info.slot,
      incarnation: info.incarnation,
    },
    stateOptions: { type, commit, retries },
    shared: cell?.key ?? null,
    clockOffset: offset,
  }
}
