import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { type Program } from './markdown'

/** The workspace, whose tsconfig.json the pages are checked with. */
const root = join(__dirname, '..', '..', '..')

/** A page with its programs. `file` is relative to the workspace. */
export interface Page {
  readonly file: string
  readonly programs: readonly Program[]
}

/**
 * Type-checks the programs of all pages at once, each as its own ES module beside its page.
 *
 * @param modules what programs import that is not there: the code by its full path
 * @returns one line for each fault, starting with `file:line`
 */
export function typeFaults(pages: readonly Page[], modules: ReadonlyMap<string, string> = new Map()): string[] {
  const sources = new Map(pages.flatMap((page) => page.programs.map((program) => source(page, program))))
  const options: ts.CompilerOptions = {
    ...workspaceOptions(),
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true, // as tsx and Node want it
  }
  const host = ts.createCompilerHost(options)
  const codeOf = (name: string): string | undefined => sources.get(name)?.code ?? modules.get(name)
  const virtual: ts.CompilerHost = {
    ...host,
    fileExists: (name) => codeOf(name) !== undefined || host.fileExists(name),
    readFile: (name) => codeOf(name) ?? host.readFile(name),
    getSourceFile: (name, version, ...rest) => {
      const code = codeOf(name)
      if (code === undefined) return host.getSourceFile(name, version, ...rest)
      const format = typeof version === 'object' ? version : { languageVersion: version }
      return ts.createSourceFile(name, code, { ...format, impliedNodeFormat: ts.ModuleKind.ESNext }, true)
    },
  }
  const program = ts.createProgram([...sources.keys()], options, virtual)
  return [...sources].flatMap(([name, { page, line }]) => {
    const file = program.getSourceFile(name)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map((diagnostic) => describe(diagnostic, page, line))
  })
}

function source({ file }: Page, { code, line }: Program): [string, { code: string; page: string; line: number }] {
  const name = join(root, dirname(file), `page-${file.replace(/\W/g, '-')}-${line}.mts`)
  return [name, { code: `${code}\nexport {}\n`, page: file, line }]
}

function workspaceOptions(): ts.CompilerOptions {
  const file = join(root, 'tsconfig.json')
  const { config } = ts.parseConfigFileTextToJson(file, readFileSync(file, 'utf8')) as { config: object }
  return ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root).options
}

function describe(diagnostic: ts.Diagnostic, page: string, line: number): string {
  const at = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0
  return `${page}:${line + at}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`
}
