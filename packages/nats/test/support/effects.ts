import { jetstream, jetstreamManager, JetStreamApiError } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

const STREAM = 'effects'
const WRONG_LAST = 10071

/** What handlers have changed, where all processes see it: the id of a cast is part of the same commit. */
export class Effects {
  constructor(private readonly connection: NatsConnection) {}

  /** Makes what is missing. */
  async open(): Promise<this> {
    const jsm = await jetstreamManager(this.connection as never)
    await jsm.streams.add({ name: STREAM, subjects: ['effects.>'] })
    return this
  }

  /** Commits a change with the id of its cast. False if that id has changed something before: nothing is changed then. */
  async commit(queue: string, id: string, change: string): Promise<boolean> {
    try {
      const expect = { lastSubjectSequence: 0 }
      await jetstream(this.connection as never).publish(`effects.${queue}.${id}`, change, { expect } as never)
      return true
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_LAST) return false
      throw error
    }
  }

  /** All changes of a queue, in the order of their commits. */
  async all(queue: string): Promise<string[]> {
    const jsm = await jetstreamManager(this.connection as never)
    const changes: string[] = []
    for (let seq = 1; ;) {
      const next = await jsm.streams.getMessage(STREAM, { seq, next_by_subj: `effects.${queue}.>` } as never)
      if (next === null) return changes
      changes.push(next.string())
      seq = next.seq + 1
    }
  }

  async count(queue: string): Promise<number> {
    const jsm = await jetstreamManager(this.connection as never)
    const { state } = await jsm.streams.info(STREAM, { subjects_filter: `effects.${queue}.>` })
    return Object.keys(state.subjects ?? {}).length
  }
}
