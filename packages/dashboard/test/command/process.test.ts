import { traceOf } from '@genpool/dashboard'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOAD, writeTrace } from './traces'

const REGISTER = join(__dirname, '../../../../.ci/register.cjs')
const COMMAND = join(__dirname, 'genpool.ts')

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genpool-process-'))
  file = join(folder, 'trace.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs the command as a process. */
function genpool(args: readonly string[], interruptAt?: RegExp) {
  const child = spawn(process.execPath, ['-r', REGISTER, COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  const hear = (stream: 'out' | 'err') => (chunk: Buffer) => {
    said[stream] += chunk.toString()
    if (interruptAt?.test(said[stream]) === true) child.kill('SIGINT')
  }
  child.stdout.on('data', hear('out'))
  child.stderr.on('data', hear('err'))
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, ...said })),
  )
}

describe('the command as a process', () => {
  it('prints results on one stream and errors on the other, and ends with its code', async () => {
    writeTrace(file)
    const [help, result, wrong, missing] = await Promise.all([
      genpool(['--help']),
      genpool(['simulate', file, '--size', '4', '--json']),
      genpool(['simulate', '--nope']),
      genpool(['simulate', join(folder, 'none')]),
    ])
    expect(help).toMatchObject({ code: 0, err: '' })
    expect([result!.code, result!.err, JSON.parse(result!.out).options]).toEqual([0, '', { size: 4 }])
    expect(wrong).toMatchObject({ code: 2, out: '' })
    expect(missing).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^genpool: there is no file/) })
  })

  it('searches in threads, without a progress bar where there is no terminal', async () => {
    writeTrace(file, traceOf({ ...LOAD, seconds: 8 }))
    const args = ['--p99', '300', '--resamples', '1', '--max-size', '12', '--threads', '2']
    const { code, out, err } = await genpool(['advise', file, ...args])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('Options for spawnPool:')
  })

  it('ends a search with Ctrl-C, with the code of an interrupt', async () => {
    // The note about a line that is cut off says that it has read the trace.
    writeTrace(file, traceOf({ ...LOAD, seconds: 1000 }), 'null')
    const { code, out } = await genpool(['advise', file, '--p99', '300', '--threads', '1', '--skip-broken'], /skipped/)
    expect([code, out]).toEqual([130, ''])
  })
})
