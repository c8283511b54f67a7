import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endServers, type NatsServer, startServer } from './server'

const folders: string[] = []

/** Starts a server with JetStream, whose files outlive its restarts. `more`: lines of its configuration. */
export function startJetStream(more = ''): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'genpool-jetstream-'))
  folders.push(folder)
  return startServer(`jetstream { store_dir: ${JSON.stringify(folder)} }\n${more}`)
}

/** Ends the servers and removes their files. */
export async function endJetStream(): Promise<void> {
  await endServers()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
