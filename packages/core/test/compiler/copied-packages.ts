import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'

const root = join(__dirname, '../../../..')
const PACKAGES = ['runtime', 'broker', 'state-ane', 'core']
const OTHERS = ['nact', 'immer', 'zod']

/**
 * Makes projects that have the packages installed as from a registry: copies of their package.json and their declarations, which
 * are built from the sources of now.
 *
 * - `flat`: as npm installs, every package can be imported
 * - `strict`: as pnpm installs, a project that depends on core cannot import the packages below it
 *
 * Removing `folder` removes all of it.
 */
export function projectsWithCopies(): { readonly folder: string; readonly flat: string; readonly strict: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'genpool-consumer-')))
  const workspace = join(folder, 'workspace')
  buildIn(workspace)
  const project = (name: string, placeOf: (dependency: string) => string): string => {
    const path = join(folder, name)
    for (const dependency of PACKAGES) copyPackage(workspace, dependency, join(path, placeOf(`@genpool/${dependency}`)))
    for (const dependency of OTHERS) link(join(root, 'node_modules', dependency), join(path, placeOf(dependency)))
    writeFileSync(join(path, 'package.json'), `{ "name": "${name}", "type": "module" }`)
    return path
  }
  const top = (name: string): string => join('node_modules', name)
  const belowCore = (name: string): string => join('node_modules/@genpool/core/node_modules', name)
  const direct = ['@genpool/core', 'nact', 'zod']
  return {
    folder,
    flat: project('flat', top),
    strict: project('strict', (name) => (direct.includes(name) ? top(name) : belowCore(name))),
  }
}

function copyPackage(workspace: string, name: string, to: string): void {
  const from = join(workspace, 'packages', name)
  cpSync(join(from, 'package.json'), join(to, 'package.json'))
  cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true })
}

/** Builds the declarations of all packages in a copy of the workspace, so that the outputs of the real one stay as they are. */
function buildIn(workspace: string): void {
  for (const name of PACKAGES) {
    for (const part of ['src', 'package.json', 'tsconfig.json']) {
      cpSync(join(root, 'packages', name, part), join(workspace, 'packages', name, part), { recursive: true })
    }
    link(join(workspace, 'packages', name), join(workspace, 'node_modules/@genpool', name))
  }
  for (const name of [...OTHERS, 'fast-check', '@opentelemetry/api', '@types/node']) {
    link(join(root, 'node_modules', name), join(workspace, 'node_modules', name))
  }
  cpSync(join(root, 'tsconfig.base.json'), join(workspace, 'tsconfig.base.json'))
  const faults: string[] = []
  const report = (fault: ts.Diagnostic): void =>
    void faults.push(ts.flattenDiagnosticMessageText(fault.messageText, '\n'))
  const host = ts.createSolutionBuilderHost(ts.sys, undefined, report)
  // What is wrong in the sources is found by `npm run check`.
  const options = { emitDeclarationOnly: true, noCheck: true }
  const status = ts.createSolutionBuilder(host, [join(workspace, 'packages/core')], options).build()
  if (status !== ts.ExitStatus.Success) throw new Error(`the packages do not build:\n${faults.join('\n')}`)
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path, 'junction')
}
