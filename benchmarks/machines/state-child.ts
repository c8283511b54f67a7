/* One process that commits to a counter: `state-child.js '{"servers":…,"bucket":…,"inFlight":…}'`. */
import { call, definePool, ready, reply, spawnPool } from '@genpool/core'
import { natsStore } from '@genpool/nats'
import { type KV, Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import { start } from 'nact'

export interface StateSetup {
  readonly servers: string
  readonly bucket: string
  readonly inFlight: number
}

/** What the child is asked, by its parent: a round with ours, or with the loop that users write without it. */
export interface RoundAsked {
  readonly who: 'ours' | 'theirs'
  readonly forMs: number
}

/** What it tells: how many it made, and the longest time that one took. */
export interface RoundTold {
  readonly commits: number
  readonly longestMs: number
}

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: { add: () => reply<number, { count: number }>(0, (draft) => void draft.count++) },
})

async function main(): Promise<void> {
  const { servers, bucket, inFlight } = JSON.parse(process.argv[2]!) as StateSetup
  const connection = await connect({ servers })
  const store = await natsStore(connection, { bucket, storage: 'memory' })
  const pool = spawnPool(start(), Counter, 'counter', { size: inFlight, state: { type: 'shared', store } })
  await ready(pool)
  const kv = await new Kvm(connection).create(`${bucket}-plain`, { history: 1, storage: 'memory' as never })
  await kv.create('counter', '0').catch(() => undefined)

  const ones = { ours: () => call(pool, { type: 'add' }), theirs: () => addInLoop(kv) }
  process.on('message', ({ who, forMs }: RoundAsked) => {
    void commitsIn(forMs, inFlight, ones[who]).then((told) => process.send!(told))
  })
  process.send!('ready')
}

/** Get, add one, update by revision; again if somebody else came first. */
async function addInLoop(kv: KV): Promise<void> {
  for (;;) {
    const entry = (await kv.get('counter'))!
    try {
      await kv.update('counter', String(Number(entry.string()) + 1), entry.revision)
      return
    } catch {
      // Another one came first.
    }
  }
}

async function commitsIn(forMs: number, inFlight: number, one: () => Promise<unknown>): Promise<RoundTold> {
  const end = performance.now() + forMs
  let commits = 0
  let longestMs = 0
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      await one()
      const begun = now
      now = performance.now()
      longestMs = Math.max(longestMs, now - begun)
      commits++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, caller))
  return { commits, longestMs }
}

void main()
