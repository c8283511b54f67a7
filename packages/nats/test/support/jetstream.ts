import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NatsServer, startServer } from './server'

const folders: string[] = []

/** Starts a server with JetStream. What it stores survives its restart. */
export async function startJetStream(): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'genpool-jetstream-'))
  folders.push(folder)
  return startServer(`jetstream { store_dir: "${folder}", max_memory_store: 64MB, max_file_store: 256MB }`)
}

/** Deletes what they have stored. Called after the servers have ended. */
export function endJetStream(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** Resolves when something holds; rejects with what was seen last when that takes too long. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so after ${limitMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
