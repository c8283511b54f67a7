import { join } from 'node:path'
import ts from 'typescript'

const root = join(__dirname, '..', '..')
/** The packages for users. `@genpool/runtime` is for those who write extensions; its README has examples. */
const entries = ['core', 'threads', 'dashboard', 'nats', 'broker', 'state-ane'].map(
  (name) => `packages/${name}/src/index.ts`,
)
/** For users who build something of their own from the parts: the doc of a sibling, or of the type, has the example. */
const parts = [
  ...['brokerOf', 'checkEngineOptions', 'factsOf', 'fairIdentity', 'fairKey', 'regulatorMeter'],
  ...['cellUnchecked', 'isEndedDraft', 'setting', 'transact', 'transacting', 'transactUnchecked', 'updating'],
]

describe('the API pages', () => {
  it('have an example for each function', () => {
    const files = entries.map((entry) => join(root, entry))
    const { config } = ts.parseConfigFileTextToJson('tsconfig.json', ts.sys.readFile(join(root, 'tsconfig.json'))!) as {
      config: object
    }
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
    const program = ts.createProgram(files, options)
    const checker = program.getTypeChecker()
    const missing = files.flatMap((file) =>
      withoutExample(checker, checker.getSymbolAtLocation(program.getSourceFile(file)!)!),
    )
    expect([...new Set(missing)].filter((name) => !parts.includes(name))).toEqual([])
  })
})

/** The functions that a module exports without an example in their doc. */
function withoutExample(checker: ts.TypeChecker, module: ts.Symbol): string[] {
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    if (!(symbol.flags & ts.SymbolFlags.Function) || !inRepository(symbol)) return []
    return symbol.getJsDocTags(checker).some((tag) => tag.name === 'example') ? [] : [exported.name]
  })
}

function inRepository(symbol: ts.Symbol): boolean {
  return (
    symbol.declarations?.some((declaration) => !declaration.getSourceFile().fileName.includes('node_modules')) ?? false
  )
}
