import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Span } from './behaviour'
import type { NatsServer } from './server'

const root = join(__dirname, '../../../..')
const running: NodeProcess[] = []
const folders: string[] = []

/** A node in a process of its own. */
export class NodeProcess {
  id = ''
  #ended = false
  readonly #child: ChildProcess
  readonly ended: Promise<void>

  constructor(
    setup: object,
    private readonly log: string,
    program: string,
  ) {
    const file = join(__dirname, program)
    const args = ['-r', join(root, '.ci/register.cjs'), file, JSON.stringify({ ...setup, log })]
    this.#child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    this.ended = new Promise((resolve) => {
      this.#child.on('exit', () => {
        this.#ended = true
        resolve()
      })
    })
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  get pid(): number {
    return this.#child.pid!
  }

  async ready(): Promise<this> {
    this.id = await new Promise<string>((resolve, reject) => {
      this.#child.stdout!.on('data', (chunk: Buffer) => {
        const [, id] = /ready (\S+)/.exec(chunk.toString()) ?? []
        if (id !== undefined) resolve(id)
      })
      this.#child.on('exit', (code) => reject(new Error(`a node ended with ${code}`)))
    })
    return this
  }

  /** The ids of the requests whose handlers began here, in that order. */
  ran(): number[] {
    return readFileSync(this.log, 'utf8').split('\n').filter(Boolean).map(Number)
  }

  /** The runs of messages with a key that have ended here. */
  spans(): Span[] {
    const lines = readFileSync(`${this.log}.spans`, 'utf8').split('\n')
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Span)
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#ended) this.#child.kill(name)
  }

  async kill(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#ended) return
    this.#child.kill('SIGCONT')
    this.#child.kill(name)
    await this.ended
  }
}

/** Starts nodes, and resolves when all are served. */
export async function startNodes(
  count: number,
  setup: {
    servers: readonly NatsServer[]
    name: string
    size?: number
    runMs?: number
    ackWait?: number
    skewMs?: number
  },
  program = 'node-process.ts',
): Promise<NodeProcess[]> {
  const folder = mkdtempSync(join(tmpdir(), 'genpool-nodes-'))
  folders.push(folder)
  const nodes = Array.from({ length: count }, (_, i) => {
    const given = { size: 8, runMs: 5, ...setup, servers: setup.servers.map(({ url }) => url) }
    return new NodeProcess(given, join(folder, `${i}-${running.length}.log`), program)
  })
  running.push(...nodes)
  return Promise.all(nodes.map((node) => node.ready()))
}

export async function endNodes(): Promise<void> {
  await Promise.all(running.splice(0).map((node) => node.kill()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
