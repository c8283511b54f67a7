import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'

const root = join(__dirname, '../../../..')
const PACKAGES = ['runtime', 'broker', 'state-ane', 'core']
const OTHERS = ['nact', 'immer', 'zod']

/**
 * Makes a folder with a project that has the packages installed as from a registry: copies of their package.json and their
 * declarations, which are built from the sources of now.
 */
export function projectWithCopies(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'genpool-consumer-')))
  const workspace = join(folder, 'workspace')
  buildIn(workspace)
  const project = join(folder, 'project')
  for (const name of PACKAGES) {
    const from = join(workspace, 'packages', name)
    const to = join(project, 'node_modules/@genpool', name)
    cpSync(join(from, 'package.json'), join(to, 'package.json'))
    cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true })
  }
  for (const name of OTHERS) {
    cpSync(join(root, 'node_modules', name), join(project, 'node_modules', name), {
      recursive: true,
      dereference: true,
    })
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "consumer", "type": "module" }')
  return folder
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
