import { join } from 'node:path'
import ts from 'typescript'

const root = join(__dirname, '..', '..')
/** The packages of which a user takes more than functions. */
const whole = ['core', 'threads', 'dashboard', 'nats']
/** Those from whose parts one builds something of one's own. `@genpool/runtime` has its examples in its README. */
const ofParts = ['broker', 'state-ane']
/** What has no use alone: classes of which only the type is exported, and a number. */
const types = ['InitStep', 'Step', 'Waiting', 'WIRE_VERSION']
/** For users who build something of their own from the parts: the doc of a sibling, or of the type, has the example. */
const parts = [
  ...['brokerOf', 'checkEngineOptions', 'factsOf', 'fairIdentity', 'fairKey', 'keepLimitedShape', 'regulatorMeter'],
  ...[
    'cellUnchecked',
    'isEndedDraft',
    'setting',
    'settleUnchecked',
    'transact',
    'transacting',
    'transactUnchecked',
    'updating',
  ],
]

describe('the API pages', () => {
  it('have an example for each value of the packages for pools, and for each function of the others', () => {
    const fileOf = (name: string): string => join(root, 'packages', name, 'src', 'index.ts')
    const files = [...whole, ...ofParts].map(fileOf)
    const { config } = ts.parseConfigFileTextToJson('tsconfig.json', ts.sys.readFile(join(root, 'tsconfig.json'))!) as {
      config: object
    }
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
    const program = ts.createProgram(files, options)
    const checker = program.getTypeChecker()
    const missing = [...whole, ...ofParts].flatMap((name) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(fileOf(name))!)!
      const kinds = whole.includes(name) ? ts.SymbolFlags.Value : ts.SymbolFlags.Function
      return withoutExample(checker, module, kinds)
    })
    expect([...new Set(missing)].filter((name) => ![...parts, ...types].includes(name))).toEqual([])
  })
})

/** What a module exports, types apart, without an example in their doc. */
function withoutExample(checker: ts.TypeChecker, module: ts.Symbol, kinds: ts.SymbolFlags): string[] {
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    if (!(symbol.flags & kinds) || !inRepository(symbol)) return []
    return symbol.getJsDocTags(checker).some((tag) => tag.name === 'example') ? [] : [exported.name]
  })
}

function inRepository(symbol: ts.Symbol): boolean {
  return (
    symbol.declarations?.some((declaration) => !declaration.getSourceFile().fileName.includes('node_modules')) ?? false
  )
}
