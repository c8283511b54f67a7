import fc from 'fast-check'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Transpiled } from './transpiled'

/**
 * Most of a life is the loading of modules, so each has several stores that are struck at different moments of theirs.
 * `GENPOOL_LAW_RUNS` asks for more lives.
 */
const LIVES = 2 * Math.round(Number(process.env['GENPOOL_LAW_RUNS'] ?? 1000) / 40)
const STORES = 3
const LANES = 2

/** How many commits of each kind are under way at a time. */
const IN_FLIGHT = { a: 1, b: 1, c: 1, crowd: 16, to: 1 }

type Numbers = Readonly<Record<string, number>>

/** What a store had at its start, and how much was acknowledged before the process was killed. */
interface Life {
  readonly versions: Numbers
  readonly values: Numbers
  readonly done: Record<string, number>
}

type Message = { readonly starts: readonly Omit<Life, 'done'>[] } | { readonly store: number; readonly done: string }

/** Lets a process commit until it has acknowledged so many, and kills it then. */
async function live(program: Transpiled, directory: string, acknowledged: number): Promise<Life[]> {
  const child = program.run(directory, String(STORES))
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  reader.on('line', (line) => {
    lines.push(line)
    if (lines.length > acknowledged) child.kill('SIGKILL')
  })
  // What was told before the end counts, also if it is read after it.
  const [[code, signal]] = await Promise.all([once(child, 'exit'), once(reader, 'close')])
  let lives: Life[] = []
  for (const message of lines.map((line) => JSON.parse(line) as Message)) {
    if ('starts' in message)
      lives = message.starts.map((start) => ({ ...start, done: { a: 0, b: 0, c: 0, crowd: 0, to: 0 } }))
    else (lives[message.store] as Life).done[message.done]!++
  }
  if (lives.length < STORES) throw new Error(`the process ended before it had read its journals: ${code} ${signal}`)
  return lives
}

/** What one store has after a crash must follow from what it had, and was told, before. */
function compare(before: Life | undefined, { versions, values }: Life): void {
  for (const [key, inFlight] of Object.entries(IN_FLIGHT)) {
    const known = before === undefined ? 0 : before.versions[key]! + before.done[key]!
    // What is under way may have reached the disk without being acknowledged.
    expect(versions[key]! - known).toBeGreaterThanOrEqual(0)
    expect(versions[key]! - known).toBeLessThanOrEqual(before === undefined ? 0 : inFlight)
    expect(values[key]).toBe(versions[key])
  }
  expect(versions['from']).toBe(versions['to'])
  expect(values['from']! + values['to']!).toBe(0)
}

describe('a process that is killed at any moment', () => {
  it('loses no acknowledged commit, and applies none twice', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'genpool-crash-'))
    const program = new Transpiled(directory, 'crash-child.ts')
    const moments = fc.sample(fc.nat({ max: 100 }), { numRuns: LIVES, seed: 11 })
    const lane = async (name: string, mine: readonly number[]): Promise<number> => {
      let before: Life[] = []
      for (const moment of mine) {
        const lives = await live(program, join(directory, name), moment)
        lives.forEach((life, i) => compare(before[i], life))
        before = lives
      }
      return before.flatMap(({ versions }) => Object.values(versions)).reduce((sum, version) => sum + version, 0)
    }
    const share = LIVES / LANES
    const lanes = Array.from({ length: LANES }, (_, i) => lane(`lane-${i}`, moments.slice(i * share, (i + 1) * share)))
    const committed = await Promise.all(lanes)
    // It was worth the trouble only if much was committed in between.
    for (const commits of committed) expect(commits).toBeGreaterThan(share * 20)
    rmSync(directory, { recursive: true })
  }, 300_000)
})
