import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** The folder of the workspace. */
export const root = join(__dirname, '..')

/** The result of a command. `output` is everything that it printed, in order. */
export interface Outcome {
  readonly ok: boolean
  readonly output: string
}

/** One step of a check. `remedy` says in one line what to do when it fails. */
export interface Step {
  readonly name: string
  readonly remedy: string
  run(): Promise<Outcome>
}

/** Runs a command without a shell and without input, in the workspace unless `cwd` says otherwise. Never rejects. */
export function command(file: string, args: readonly string[], cwd = root): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    const output = () => Buffer.concat(chunks).toString('utf8')
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (error) => resolve({ ok: false, output: `${output()}${file}: ${error.message}\n` }))
    child.on('close', (code) => resolve({ ok: code === 0, output: output() }))
  })
}

/** Runs a tool that is installed in the workspace. */
export function tool(name: string, ...args: string[]): Promise<Outcome> {
  return command(join(root, 'node_modules', '.bin', name), args)
}

/** Runs commands one after the other until one fails. Returns the outcome of the last one that ran. */
export async function sequence(...commands: readonly (() => Promise<Outcome>)[]): Promise<Outcome> {
  let outcome: Outcome = { ok: true, output: '' }
  for (const next of commands) {
    outcome = await next()
    if (!outcome.ok) return outcome
  }
  return outcome
}

/**
 * Runs `steps`, `lanes` at a time, and prints one line for each; a failed one also gets its output.
 *
 * @returns the names of the steps that failed
 */
export async function runSteps(steps: readonly Step[], lanes: number): Promise<string[]> {
  const waiting = [...steps]
  const failed: string[] = []
  const lane = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!(await report(step))) failed.push(step.name)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return failed
}

async function report(step: Step): Promise<boolean> {
  const begun = performance.now()
  const { ok, output } = await step.run().catch((error: unknown) => ({ ok: false, output: describe(error) }))
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  if (ok) console.log(`ok    ${step.name} (${seconds} s)`)
  else console.log(`${output.trimEnd()}\nFAIL  ${step.name} (${seconds} s): ${step.remedy}`)
  return ok
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
