import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(__dirname, '..', '..', '..')
const main = join(__dirname, 'process', 'main.ts')
const load = join(__dirname, 'process', 'esm', 'load.cjs')

/** A process of its own. Its threads read TypeScript in the same way as it does. */
async function output(hook: string, leave: string, file = main): Promise<string> {
  return outputOf(['-r', hook, file, leave])
}

async function outputOf(args: readonly string[], env = process.env): Promise<string> {
  const { stdout } = await run(process.execPath, args, { cwd: root, timeout: 115_000, env })
  return stdout
}

describe('a process with a pool of threads', () => {
  const hook = join(__dirname, 'process', 'swc-register.cjs')

  it.each(['idle', 'stop', 'drain'])('ends by itself: %s', async (leave) => {
    expect(await output(hook, leave)).toBe(leave === 'drain' ? 'sum ok\ndrained\n' : 'sum ok\n')
  })

  it.each([
    ['the next member of a thread', 'crash'],
    ['another thread, after one has died', 'death'],
  ])('does not end before the calls that wait for %s have their answers', async (_, leave) => {
    expect(await output(hook, leave)).toBe('sum ok\nall answered\n')
  })

  it.each(['init', 'import', 'handler'])('ends by itself though a thread loops in its %s', async (where) => {
    expect(await output(hook, where, join(__dirname, 'process', 'endless.ts'))).toMatch(/ERR_GENPOOL_STOPPED/)
  })

  it('forgets threads that were taken away while they started', async () => {
    const file = join(__dirname, 'process', 'resized.ts')
    expect(await outputOf(['--expose-gc', '-r', hook, file])).toMatch(/^6 ended, [01] in memory\n$/)
  })

  it('outlives threads that load native code for TypeScript, one after the other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'genpool-native-'))
    const broken = join(folder, 'broken.ts')
    writeFileSync(broken, `export default (n: number) => n +* ${Date.now()}\n`)
    const file = join(__dirname, 'process', 'native.ts')
    expect(await outputOf(['-r', 'ts-node/register', file, broken])).toMatch(/gave up.*Expression expected/s)
    rmSync(folder, { recursive: true })
  }, 120_000)

  it('runs under tsx, in a package of CommonJS', async () => {
    expect(await outputOf(['--import', 'tsx', main, 'drain'])).toBe('sum ok\ndrained\n')
  }, 120_000)

  it('runs under tsx, in a package of ES modules', async () => {
    const file = join(__dirname, 'process', 'esm', 'main.ts')
    expect(await outputOf(['--import', 'tsx', file])).toBe('double of 4: 8\n')
  }, 120_000)

  it('reads a module with the loader of ts-node', async () => {
    const loader = ['--no-warnings', '--loader', 'ts-node/esm']
    const env = { ...process.env, TS_NODE_COMPILER_OPTIONS: '{"module":"esnext","moduleResolution":"bundler"}' }
    expect(await outputOf([...loader, load, 'double.ts', 'import'], env)).toBe('loaded\n')
    expect(await outputOf([load, 'double.ts', 'import'])).toMatch(/what was found could not read it/)
  }, 120_000)

  it('says why a module with an "await" at its top cannot be read', async () => {
    expect(await outputOf([load, 'awaits.mts'])).toMatch(
      /^The module "awaits.mts" cannot .*: what was found could not read it: .*as if it were CommonJS: an "await" at its top does not work/,
    )
  }, 120_000)

  it('runs under ts-node', async () => {
    expect(await output('ts-node/register', 'idle')).toBe('sum ok\n')
  }, 120_000)
})
