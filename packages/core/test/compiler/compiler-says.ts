import { join } from 'node:path'
import ts from 'typescript'

const root = join(__dirname, '../../../..')
const FILE = join(__dirname, 'slips.ts')

/** An error of the compiler: the code that it underlines, and its text. */
export interface Said {
  readonly at: string
  readonly text: string
}

/** What the compiler says to each of `programs` as an editor shows it. All are compiled at once, each in a function after `prelude`. */
export function compilerSays(prelude: string, programs: readonly string[]): Said[][] {
  const lines = [...prelude.split('\n'), ...programs.map((program) => `export async function _() { ${program} }`)]
  const unique = lines.map((line, index) => line.replace('function _()', `function slip${index}()`))
  const source = ts.createSourceFile(FILE, unique.join('\n'), ts.ScriptTarget.ES2023, true)
  const said = unique.map((): Said[] => [])
  for (const { start = 0, length = 0, messageText } of faultsIn(source)) {
    said[source.getLineAndCharacterOfPosition(start).line]?.push({
      at: source.text.slice(start, start + length),
      text: ts.flattenDiagnosticMessageText(messageText, '\n'),
    })
  }
  const first = lines.length - programs.length
  const broken = said.slice(0, first).flat()
  if (broken.length > 0) throw new Error(`the prelude does not compile: ${JSON.stringify(broken)}`)
  return said.slice(first)
}

function faultsIn(source: ts.SourceFile): readonly ts.Diagnostic[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: unknown }
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root)
  // As most projects have it.
  const host = ts.createCompilerHost({ ...options, exactOptionalPropertyTypes: false })
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name === FILE || fileExists(name)
  host.getSourceFile = (name, ...rest) => (name === FILE ? source : getSourceFile(name, ...rest))
  const program = ts.createProgram([FILE], { ...options, exactOptionalPropertyTypes: false }, host)
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
}
