import fc from 'fast-check'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Transpiled } from './transpiled'

const LIVES = 200
const LANES = 2

interface Start {
  readonly start: Readonly<Record<string, number>>
  readonly values: readonly number[]
  readonly moved: readonly [number, number]
}

/** What one process told before it was killed. */
interface Life extends Start {
  readonly done: Record<string, number>
}

/** Lets a process commit until it has acknowledged so many, and kills it then. */
async function live(program: Transpiled, directory: string, acknowledged: number): Promise<Life> {
  const child = program.run(directory)
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  reader.on('line', (line) => {
    lines.push(line)
    if (lines.length > acknowledged) child.kill('SIGKILL')
  })
  // What was told before the end counts, also if it is read after it.
  await Promise.all([once(child, 'exit'), once(reader, 'close')])
  const [first, ...rest] = lines.map((line) => JSON.parse(line) as Start & { readonly done: string })
  if (first === undefined) throw new Error('the process ended before it had read its journal')
  const done: Record<string, number> = { a: 0, b: 0, c: 0, to: 0 }
  for (const { done: key } of rest) done[key] = (done[key] ?? 0) + 1
  return { ...first, done }
}

describe('a process that is killed at any moment', () => {
  it('loses no acknowledged commit, and applies none twice', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'genpool-crash-'))
    const program = new Transpiled(directory, 'crash-child.ts')
    const moments = fc.sample(fc.nat({ max: 40 }), { numRuns: LIVES, seed: 11 })
    const lane = async (name: string, mine: readonly number[]): Promise<number> => {
      let before: Life | undefined
      for (const moment of mine) {
        const life = await live(program, join(directory, name), moment)
        for (const key of ['a', 'b', 'c', 'to']) {
          const known = before === undefined ? 0 : (before.start[key] as number) + (before.done[key] as number)
          const version = life.start[key] as number
          // Of each kind one commit is under way at a time: it may have reached the disk without being acknowledged.
          expect(version - known).toBeGreaterThanOrEqual(0)
          expect(version - known).toBeLessThanOrEqual(before === undefined ? 0 : 1)
        }
        expect(life.values).toEqual(['a', 'b', 'c'].map((key) => life.start[key]))
        expect(life.moved).toEqual([0 - (life.start['to'] as number), life.start['to']])
        expect(life.start['from']).toBe(life.start['to'])
        before = life
      }
      return Object.values(before?.start ?? {}).reduce((sum, version) => sum + version, 0)
    }
    const share = LIVES / LANES
    const lanes = Array.from({ length: LANES }, (_, i) => lane(`lane-${i}`, moments.slice(i * share, (i + 1) * share)))
    const committed = await Promise.all(lanes)
    // It was worth the trouble only if much was committed in between.
    for (const commits of committed) expect(commits).toBeGreaterThan(share * 5)
    rmSync(directory, { recursive: true })
  }, 300_000)
})
