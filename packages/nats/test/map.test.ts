import { map, mapStream } from '@genpool/core'
import { remotePool } from '@genpool/nats'
import { start, stop } from 'nact'
import { connectTo, endServers, startServer } from './support/server'

afterAll(endServers)

describe('map and mapStream over a remote pool', () => {
  it('throw at once if an option is not for remote pools', async () => {
    const system = start()
    const echo = remotePool(system, await connectTo(await startServer()), { name: 'echo' })
    const wrong = { retry: {} } as object
    const refused = expect.objectContaining({ code: 'ERR_GENPOOL_OPTIONS' }) as Error
    for (const begin of [() => map(echo, [{ type: 'echo' } as never], wrong), () => mapStream(echo, wrong)]) {
      expect(begin).toThrow(refused)
      expect(begin).toThrow('"retry" is not for remote pools')
    }
    stop(system)
  })
})
