import { natsStore, type NatsStore } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { makeFaulty } from '../support/faulty-api'
import { endJetStream, startJetStream, startJetStreamCluster } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

afterAll(endJetStream)

const add = (n: number): number => n + 1

/** From now on, once: the leader dies after it has said how far the bucket is, and the next one says of the entry what it was before. */
function changeLeader(nc: NatsConnection, before: Msg): () => boolean {
  const request = nc.request.bind(nc)
  const open = new Set(['STREAM.INFO', 'STREAM.MSG.GET'])
  nc.request = async (subject, payload, options) => {
    const answer = await request(subject, payload, options)
    const kind = [...open].find((each) => subject.includes(each))
    if (kind === undefined) return answer
    open.delete(kind)
    if (kind === 'STREAM.MSG.GET') return before
    const info = answer.json<{ cluster: object }>()
    const cluster = { ...info.cluster, leader: 'the one that dies' }
    return { ...answer, data: Buffer.from(JSON.stringify({ ...info, cluster })) } as never
  }
  return () => open.size === 0
}

describe('a bucket on three servers whose new leader has not applied yet what the last one has acknowledged', () => {
  it('loses no commit: what two leaders say does not fit together', async () => {
    const cluster = await startJetStreamCluster()
    const [nc, other] = [await connectTo(cluster), await connectTo(cluster)]
    const options = { bucket: 'x', initial: 0, replicas: 3, timeout: 30_000 }
    const [here, there] = [await natsStore(nc, options), await natsStore(other, options)]
    const value = (store: NatsStore): number => store.cell<number>('a').value
    await here.cell<number>('a').update(add)
    await until(() => value(there) === 1, 'it has arrived')
    const { consumers } = await jetstreamManager(nc)
    // Nobody is told any more what others write.
    for await (const { name } of consumers.list('KV_x')) await consumers.delete('KV_x', name)
    const question = Buffer.from(JSON.stringify({ last_by_subj: '$KV.x.a' }))
    const before = await nc.request('$JS.API.STREAM.MSG.GET.KV_x', question)
    expect(await here.cell<number>('a').update(add)).toBe(2)
    const hasChanged = changeLeader(other, before)
    expect(await there.cell<number>('a').update(add)).toBe(3)
    expect(hasChanged()).toBe(true)
    here.destroy()
    there.destroy()
  })
})

describe('a server that has just started, and knows no leader for a moment', () => {
  it('is asked again for the latest value', async () => {
    const nc = await connectTo(await startJetStream())
    const store = await natsStore(nc, { bucket: 'x', initial: 5, timeout: 30_000 })
    const failed = makeFaulty(
      nc,
      { code: 503, err_code: 10008, description: 'JetStream system temporarily unavailable' },
      false,
    )
    expect(await store.fresh('a')).toBe(5)
    expect(failed()).toBe(1)
    store.destroy()
  })
})
