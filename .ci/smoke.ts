/*
 * Installs the packed tarballs with npm into an empty project outside the workspace, and uses them like a user: from
 * CommonJS, from native ESM with named imports, from the terminal, and from TypeScript with the published types, in both module modes.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, root, runSteps, sequence, type Step } from './steps'
import { pack, tarballsIn } from './tarballs'

const project = mkdtempSync(join(tmpdir(), 'genpool-consumer-'))
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

const compilerOptions = {
  target: 'es2023',
  strict: true,
  exactOptionalPropertyTypes: true,
  // Checks the published declarations, too.
  skipLibCheck: false,
  types: ['node'],
}

function writeJson(name: string, value: unknown): void {
  writeFileSync(join(project, name), JSON.stringify(value, null, 2))
}

/** The versions that the workspace pins, so that the consumer runs what was tested. */
function pinned(...names: string[]): string[] {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  return names.map((name) => `${name}@${devDependencies[name] ?? 'latest'}`)
}

const install = () =>
  command(
    'npm',
    ['install', '--no-audit', '--no-fund', ...tarballsIn(project), ...pinned('nact', '@types/node')],
    project,
  )
const run = (...args: string[]) => command(process.execPath, args, project)
const types = (name: string) => run(tsc, '-p', `tsconfig.${name}.json`)

const steps: readonly Step[] = [
  {
    name: 'tarballs: installed with npm',
    remedy: 'fix the build, or the manifests of the packages',
    run: () => sequence(() => pack(project), install),
  },
  {
    name: 'tarballs: CommonJS',
    remedy: 'require() of the packed packages fails; see the output above',
    run: () => run('counter.cjs'),
  },
  {
    name: 'tarballs: ESM',
    remedy: 'import of the packed packages by name fails; see the output above',
    run: () => run('counter.mjs'),
  },
  {
    name: 'tarballs: the command',
    remedy: 'the installed command genpool fails; see the output above',
    run: () => run('command.cjs'),
  },
  {
    name: 'tarballs: TypeScript',
    remedy: 'the published types are wrong, or the program compiled against them fails',
    run: () =>
      sequence(
        () => types('node16'),
        () => run('dist/counter.js'),
        () => types('bundler'),
      ),
  },
]

async function main(): Promise<void> {
  cpSync(join(__dirname, 'consumer'), project, { recursive: true })
  writeJson('package.json', { name: 'consumer', private: true })
  const include = ['counter.ts']
  writeJson('tsconfig.node16.json', {
    compilerOptions: { ...compilerOptions, module: 'node16', rootDir: '.', outDir: 'dist' },
    include,
  })
  writeJson('tsconfig.bundler.json', {
    compilerOptions: { ...compilerOptions, module: 'esnext', moduleResolution: 'bundler', noEmit: true },
    include,
  })
  for (const step of steps) {
    const failed = await runSteps([step], 1)
    if (failed.length > 0) {
      process.exitCode = 1
      return // the other steps need the one that failed
    }
  }
}

void main().finally(() => rmSync(project, { recursive: true, force: true }))
