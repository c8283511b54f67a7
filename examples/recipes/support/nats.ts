// #region nats
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A NATS server with JetStream: your own if `NATS_URL` names one, otherwise one for this run. */
interface Nats {
  readonly url: string
  close(): Promise<void>
}

async function startNats(): Promise<Nats> {
  const { NATS_URL: url } = process.env
  if (url !== undefined) return { url, close: () => Promise.resolve() }
  const folder = mkdtempSync(join(tmpdir(), 'recipe-nats-'))
  const port = await freePort()
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder]
  const server = spawn('nats-server', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const missing = once(server, 'error').then(() => {
    throw new Error('nats-server is missing. On Debian, as root: apt-get install -y nats-server')
  })
  const ready = async (): Promise<void> => {
    for await (const text of server.stderr) if (String(text).includes('Server is ready')) return
    throw new Error('nats-server ended before it was ready')
  }
  await Promise.race([ready(), missing])
  return {
    url: `127.0.0.1:${port}`,
    close: async () => {
      const ended = once(server, 'exit')
      server.kill()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
// #endregion nats

export { startNats }
