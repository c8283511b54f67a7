import { definePool, map, mapStream, reply } from '@genpool/core'
import { remotePool } from '@genpool/nats'
import { start, stop } from 'nact'
import { connectTo, endServers, startServer } from './support/server'

export const Echo = definePool({ init: () => 0, calls: { echo: ({ text }: { text: string }) => reply(text) } })

afterAll(endServers)

describe('map and mapStream over a remote pool', () => {
  it('throw at once if an option is not for remote pools', async () => {
    const system = start()
    const echo = remotePool<typeof Echo>(system, await connectTo(await startServer()), { name: 'echo' })
    const wrong = { retry: {} } as object
    const refused = expect.objectContaining({ code: 'ERR_GENPOOL_OPTIONS' }) as Error
    for (const begin of [() => map(echo, [{ type: 'echo', text: 'a' }], wrong), () => mapStream(echo, wrong)]) {
      expect(begin).toThrow(refused)
      expect(begin).toThrow('"retry" is not for remote pools')
    }
    stop(system)
  })
})
