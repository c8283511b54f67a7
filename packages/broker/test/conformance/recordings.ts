import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** One recorded step: what was done, when, and what could be seen afterwards. */
export interface Step {
  readonly op: string
  readonly time: number
  readonly result: unknown
  readonly [field: string]: unknown
}

/** One independent recording: a configuration, how it began, and the steps. */
export interface Case {
  readonly seed: number
  readonly spec: unknown
  readonly init?: { readonly time: number; readonly result: unknown; readonly [field: string]: unknown }
  readonly steps: readonly Step[]
  readonly final?: readonly number[]
  readonly [field: string]: unknown
}

/** What plays one case: `begin` starts it and tells the first result, `step` plays one step, `end` tells what is left. */
export interface Player {
  begin(recorded: Case): unknown
  step(step: Step): unknown
  end?(): readonly number[]
}

const folder = process.env['GENPOOL_CONFORMANCE_DIR'] ?? __dirname

function readCases(name: string): readonly Case[] {
  const text = gunzipSync(readFileSync(join(folder, `${name}.json.gz`))).toString('utf8')
  return (JSON.parse(text) as { cases: Case[] }).cases
}

/**
 * Plays every case of a file through a fresh player and returns a line for people.
 *
 * @throws {Error} at the first difference, naming the case and the step, with both results field by field
 */
export function replay(name: string, player: () => Player): string {
  let steps = 0
  const cases = readCases(name)
  for (const recorded of cases) {
    const play = player()
    const first = play.begin(recorded)
    if (recorded.init !== undefined) compare(first, recorded.init.result, { name, recorded, at: 'init', step: recorded.init })
    recorded.steps.forEach((step, index) => {
      compare(play.step(step), step.result, { name, recorded, at: `step ${index}`, step })
      steps++
    })
    if (recorded.final !== undefined) compare(play.end?.(), recorded.final, { name, recorded, at: 'final', step: undefined })
  }
  return `${name}: ${cases.length} cases, ${steps} steps replayed`
}

interface Place {
  readonly name: string
  readonly recorded: Case
  readonly at: string
  readonly step: unknown
}

function compare(actual: unknown, expected: unknown, { name, recorded, at, step }: Place): void {
  const lines = difference(actual, expected, 'result')
  if (lines.length === 0) return
  const { seed, spec } = recorded
  throw new Error(
    `${name}, case with seed ${seed}, ${at} differs from the recording\n` +
      `  configuration: ${JSON.stringify(spec)}\n  step: ${JSON.stringify(step)}\n  ${lines.join('\n  ')}`,
  )
}

/** Every place where two JSON values differ. `-0` and `0` are one number. */
function difference(actual: unknown, expected: unknown, path: string): string[] {
  if (actual === expected) return []
  const deep = typeof actual === 'object' && typeof expected === 'object' && actual !== null && expected !== null
  if (!deep || Array.isArray(actual) !== Array.isArray(expected)) {
    return [`${path}: got ${JSON.stringify(actual)}, recorded ${JSON.stringify(expected)}`]
  }
  const [a, e] = [actual as Record<string, unknown>, expected as Record<string, unknown>]
  const keys = [...new Set([...Object.keys(a), ...Object.keys(e)])]
  return keys.flatMap((key) => difference(a[key], e[key], `${path}.${key}`))
}
