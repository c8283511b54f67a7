import { isRequest } from '../advisor/trace'
import { systemClock, NS_PER_MS } from '@genpool/runtime'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { type Command, numberOf, readArguments } from './command'
import { ask, DASHBOARD_FLAGS, DASHBOARD_HELP, type Dashboard, dashboardOf, NotThere, textOf } from './connection'
import { EXIT, Fault, usage } from './fault'
import type { Io } from './io'
import { count } from './traffic'

const IN_THE_PROGRAM = `In the program itself, recordTrace writes the same, also where nobody can connect:

  import { recordTrace } from '@genpool/dashboard'
  const recording = await recordTrace(pool, 'trace.jsonl')
  // … and at the end:
  await recording.stop()
`

const help = `Records the requests of a pool from its dashboard: arrivals, waits, runs and outcomes, no messages.

  genpool record <url> [options]

${DASHBOARD_HELP}      --out <file>          where to (default trace.jsonl)
      --seconds <n>         ends after this time; otherwise with Ctrl-C
      --force               write over a file that is there

Examples:
  genpool record http://127.0.0.1:4000 --seconds 600
  genpool record https://example.org/pools --pool db --out db.jsonl

${IN_THE_PROGRAM}`

export const recordCommand: Command = {
  name: 'record',
  does: 'records the traffic of a pool, from its dashboard',
  help,
  async run(args, io) {
    const { values, positionals } = readArguments('record', args, {
      ...DASHBOARD_FLAGS,
      out: { type: 'string' },
      seconds: { type: 'string' },
      force: { type: 'boolean' },
    })
    const seconds = numberOf('seconds', values.seconds)
    if (positionals.length === 0)
      throw usage(`it needs the address of a dashboard: genpool record http://127.0.0.1:4000.\n${IN_THE_PROGRAM}`)
    const dashboard = dashboardOf('record', positionals, values.token, io)
    const file = values.out ?? 'trace.jsonl'
    const recording = new FileRecording(file, values.force === true)
    const time = new AbortController()
    const end = AbortSignal.any([io.signal, time.signal])
    const begins = (): void => {
      if (seconds !== undefined) abortAfter(seconds, time)
    }
    try {
      await take(dashboard, values.pool, recording, { io, end, begins })
    } finally {
      recording.close()
    }
    const { requests } = recording
    if (io.isTty) io.err('\n')
    io.err(`${count(requests, 'request')} in ${file}.\n`)
    if (!end.aborted)
      throw new Fault('the dashboard has ended the recording: its program stops, or the connection was lost.')
    if (requests > 0) io.err(`Next: genpool advise ${file} --p99 200\n`)
    return EXIT.ok
  },
}

async function take(
  dashboard: Dashboard,
  pool: string | undefined,
  recording: FileRecording,
  { io, end, begins }: { readonly io: Io; readonly end: AbortSignal; readonly begins: () => void },
): Promise<void> {
  const path = pool === undefined ? 'trace' : `trace?pool=${encodeURIComponent(pool)}`
  const response = await ask(dashboard, path, end).catch((error: unknown) => {
    if (!(error instanceof NotThere) || /There is no pool/.test(error.message)) throw error
    throw new Fault(`${error.message}\nIt may be of an older version, which cannot record. ${IN_THE_PROGRAM}`)
  })
  begins()
  for await (const part of textOf(response)) {
    recording.add(part)
    if (io.isTty) io.err(`\r${count(recording.requests, 'request')}; Ctrl-C ends it. `)
  }
}

/** Writes whole lines only. */
class FileRecording {
  requests = 0
  #rest = ''
  #lines = 0
  readonly #fd: number

  constructor(
    private readonly file: string,
    force: boolean,
  ) {
    try {
      this.#fd = openSync(file, force ? 'w' : 'wx')
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      throw new Fault(
        code === 'EEXIST'
          ? `there is a file ${file} already. Choose another with --out, or write over it with --force.`
          : message,
      )
    }
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) if (isRequest(JSON.parse(line))) this.requests++
    if (lines.length > 0) writeSync(this.#fd, `${lines.join('\n')}\n`)
    this.#lines += lines.length
  }

  close(): void {
    closeSync(this.#fd)
    // Nothing was ever sent: no file is better than an empty one.
    if (this.#lines === 0) unlinkSync(this.file)
  }
}

function abortAfter(seconds: number, time: AbortController): void {
  systemClock.setTimer(systemClock.now() + seconds * 1000 * NS_PER_MS, () => time.abort())
}
