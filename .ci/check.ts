/*
 * `npm run check`: all checks that are not tests. Each step prints one line; a failed step also prints its output and
 * what to do. `npm run check -- lint format` runs only these two.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deadLinks } from './dead-links'
import { command, type Outcome, root, runSteps, sequence, type Step, tool } from './steps'
import { lintTarballs, pack } from './tarballs'

const packed = mkdtempSync(join(tmpdir(), 'genpool-tarballs-'))
let packing: Promise<Outcome> | undefined
/** Builds and packs once for all steps that need it. */
const packOnce = (): Promise<Outcome> => (packing ??= pack(packed))

const steps: readonly Step[] = [
  {
    name: 'tarballs',
    remedy: 'a package does not build, pack or resolve; look at "exports" and "files" in its package.json',
    run: () => sequence(packOnce, () => lintTarballs(packed)),
  },
  {
    name: 'typecheck',
    remedy: 'fix the types of the sources, the page, tests, examples or benchmarks; run `npm run typecheck`',
    run: () =>
      sequence(
        () => tool('tsc', '-p', 'tsconfig.json', '--noEmit'),
        () => tool('tsc', '-p', 'packages/dashboard/page'),
      ),
  },
  {
    name: 'lint',
    remedy: 'run `npm run lint -- --fix`, then fix what is left',
    run: () => tool('eslint', '--max-warnings', '0', '.'),
  },
  {
    name: 'structure',
    remedy: 'an import goes against the layers, or two files import each other; CONTRIBUTING.md has the picture',
    run: () => tool('depcruise', '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...sources()),
  },
  { name: 'format', remedy: 'run `npm run format`', run: () => tool('prettier', '--check', '.') },
  {
    name: 'unused',
    remedy: 'remove the file, export or dependency that nothing uses, or use it',
    run: () => tool('knip', '--no-progress', '--treat-config-hints-as-errors'),
  },
  {
    name: 'options',
    remedy: 'run `npm run docs:options` and commit docs/reference',
    run: () => command(process.execPath, ['-r', './.ci/register.cjs', 'docs/reference/generate.ts', '--check']),
  },
  {
    name: 'site',
    remedy: 'the docs do not build, or have a broken link; run `npm run docs:build`',
    run: () =>
      sequence(
        packOnce,
        () => tool('typedoc'),
        () => tool('vitepress', 'build', 'docs'),
        checkSite,
      ),
  },
]

/** Also links between the guide and the API, which neither builder knows. */
function checkSite(): Promise<Outcome> {
  const dead = deadLinks(join(root, 'docs', '.vitepress', 'dist'), process.env['DOCS_BASE'])
  return Promise.resolve({ ok: dead.length === 0, output: dead.map((link) => `dead link in ${link}\n`).join('') })
}

/** The sources of all packages. */
function sources(): string[] {
  return readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src`)
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length > 0) {
    console.error(`There is no step ${unknown.join(', ')}. Steps: ${steps.map((step) => step.name).join(', ')}`)
    process.exitCode = 1
    return
  }
  const chosen = wanted.length === 0 ? steps : steps.filter((step) => wanted.includes(step.name))
  const failed = await runSteps(chosen, 2)
  console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

void main().finally(() => rmSync(packed, { recursive: true, force: true }))
