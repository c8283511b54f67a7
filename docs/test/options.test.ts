import { z } from 'zod'
import { renderOptions } from '../reference/render'

const queue = z.strictObject({
  type: z.literal('codel').default('codel'),
  target: z.number().nonnegative().default(100).describe('Acceptable wait.'),
})
const render = (schemas: Record<string, z.ZodType>) =>
  renderOptions([{ name: '@genpool/x', schemas: new Map(Object.entries(schemas)) }])
const rowsOf = (schema: z.ZodType) =>
  render({ xOptions: schema })
    .split('\n')
    .filter((line) => line.startsWith('| `'))

describe('the options reference', () => {
  it('has a section for a package with options, and none for one without', () => {
    const page = renderOptions([
      { name: '@genpool/x', schemas: new Map([['xOptions', z.strictObject({ a: z.string() })]]) },
      { name: '@genpool/y', schemas: new Map() },
    ])
    expect(page.match(/^#+ .+$/gm)).toEqual(['# Options', '## @genpool/x', '### xOptions'])
  })

  it.each([
    [z.int().positive().max(9), 'integer > 0, ≤ 9', 'required'],
    [z.number().min(-1).optional(), 'number ≥ -1', ''],
    [z.union([z.int(), z.literal(Infinity)]).default(Infinity), 'integer or `Infinity`', '`Infinity`'],
    [z.enum(['a', 'b']).prefault('b'), "`'a'` or `'b'`", "`'b'`"],
    [z.boolean().nullable(), 'boolean or `null`', 'required'],
    [z.array(z.string()).readonly(), 'array of string', 'required'],
    [z.record(z.string(), z.number()), 'record of number by string', 'required'],
    [z.custom<() => void>((value) => typeof value === 'function'), 'function', 'required'],
    [z.string().transform(Number), 'string', 'required'],
    [z.lazy(() => z.string()), 'string', 'required'],
  ])('tells type and default of %#', (schema, type, fallback) => {
    expect(rowsOf(z.strictObject({ a: schema.describe('What | it does.') }))).toEqual([
      `| \`a\` | ${type} | ${fallback} | What \\| it does. |`,
    ])
  })

  it('links an option to the section of its schema', () => {
    const page = render({ poolOptions: z.strictObject({ client: queue.prefault({}) }), queueOptions: queue })
    expect(page).toContain('| `client` | [queueOptions](#queueoptions) | `{}` |  |')
    expect(page).toContain('### queueOptions')
  })

  it('links an alternative of a union to its section', () => {
    const any = z.discriminatedUnion('type', [queue.required({ type: true }), z.strictObject({ type: z.literal('x') })])
    const page = render({ anyOptions: any, codelOptions: queue })
    expect(page).toContain("- with `type: 'codel'`: [codelOptions](#codeloptions)")
    expect(page).toContain("#### anyOptions with `type: 'x'`")
  })

  it('says to which form the keys of a nested form belong', () => {
    const admission = z.union([z.literal('none'), queue, z.strictObject({ type: z.literal('pie'), max: z.int() })])
    expect(rowsOf(z.strictObject({ admission })).slice(1)).toEqual([
      "| `admission.target` | number ≥ 0 | `100` | With `type: 'codel'`: Acceptable wait. |",
      "| `admission.max` | integer | required | With `type: 'pie'`:  |",
    ])
  })

  it('does not print defaults that cannot be written', () => {
    const clock = z.custom<object>((value) => typeof value === 'object').default({ now: () => 0 })
    expect(rowsOf(z.strictObject({ clock }))).toEqual(['| `clock` | object | `built in` |  |'])
  })

  it('lists the keys of a nested object, and each alternative of a union in its own section', () => {
    expect(rowsOf(z.strictObject({ inner: z.strictObject({ a: z.string() }).optional() }))).toEqual([
      '| `inner` | object |  |  |',
      '| `inner.a` | string | required |  |',
    ])
    const page = render({
      anyOptions: z.discriminatedUnion('type', [queue, z.strictObject({ type: z.literal('drop') })]),
    })
    expect(page.match(/^#### .+$/gm)).toEqual([
      "#### anyOptions with `type: 'codel'`",
      "#### anyOptions with `type: 'drop'`",
    ])
  })
})
