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
    [z.union([z.int(), z.literal(Infinity)]).default(Infinity), 'integer or `Infinity`', 'default `Infinity`'],
    [z.enum(['a', 'b']).prefault('b'), "`'a'` or `'b'`", "default `'b'`"],
    [z.boolean().nullable(), 'boolean or `null`', 'required'],
    [z.array(z.string()).readonly(), 'array of string', 'required'],
    [z.record(z.string(), z.number()), 'record of number by string', 'required'],
    [z.custom<() => void>((value) => typeof value === 'function'), 'function', 'required'],
    [z.string().transform(Number), 'string', 'required'],
    [z.lazy(() => z.string()), 'string', 'required'],
  ])('tells type and default of %#', (schema, type, fallback) => {
    expect(rowsOf(z.strictObject({ a: schema.describe('What | it does.') }))).toEqual([
      `| ${['\`a\`', type, fallback].filter((part) => part !== '').join('<br>')} | What \\| it does. |`,
    ])
  })

  it('links an option to the section of its schema', () => {
    const page = render({ poolOptions: z.strictObject({ client: queue.prefault({}) }), queueOptions: queue })
    expect(page).toContain('| `client`<br>[queueOptions](#queueoptions)<br>default `{}` |  |')
    expect(page).toContain('### queueOptions')
  })

  it('links an alternative of a union to its section', () => {
    const any = z.discriminatedUnion('type', [queue.required({ type: true }), z.strictObject({ type: z.literal('x') })])
    const page = render({ anyOptions: any, codelOptions: queue })
    expect(page).toContain("- with `type: 'codel'`: [codelOptions](#codeloptions)")
    expect(page).toContain("#### anyOptions with `type: 'x'`")
  })

  it('has a section for each form of a nested option, with a link to it', () => {
    const bare = z.strictObject({ type: z.literal('off') })
    const pie = z.strictObject({ type: z.literal('pie'), max: z.int() })
    const page = render({ xOptions: z.strictObject({ admission: z.union([z.literal('none'), queue, pie, bare]) }) })
    expect(page).toContain(
      "| `admission`<br>`'none'` or [`type: 'codel'`](#xoptions-admission-with-type-codel) or [`type: 'pie'`](#xoptions-admission-with-type-pie) or `type: 'off'`<br>required |  |",
    )
    expect(page.match(/^#### .+$/gm)).toEqual([
      "#### xOptions: admission with `type: 'codel'`",
      "#### xOptions: admission with `type: 'pie'`",
    ])
    expect(page).toContain(
      "with `type: 'pie'`\n\n| Option | Meaning |\n|---|---|\n| `max`<br>integer<br>required |  |\n",
    )
  })

  it('does not print defaults that cannot be written', () => {
    const clock = z.custom<object>((value) => typeof value === 'object').default({ now: () => 0 })
    expect(rowsOf(z.strictObject({ clock }))).toEqual(['| `clock`<br>object<br>default `built in` |  |'])
  })

  it('has a section for the keys of a nested object, and each alternative of a union in its own section', () => {
    const inner = z.strictObject({ a: z.string(), deep: z.strictObject({ b: z.int() }) })
    const nested = render({ xOptions: z.strictObject({ inner: inner.optional() }) })
    expect(nested).toContain('| `inner`<br>[object](#xoptions-inner) |  |')
    expect(nested).toContain(
      '#### xOptions: inner\n\n| Option | Meaning |\n|---|---|\n| `a`<br>string<br>required |  |',
    )
    expect(nested).toContain(
      '#### xOptions: inner.deep\n\n| Option | Meaning |\n|---|---|\n| `b`<br>integer<br>required |  |',
    )
    const page = render({
      anyOptions: z.discriminatedUnion('type', [queue, z.strictObject({ type: z.literal('drop') })]),
    })
    expect(page.match(/^#### .+$/gm)).toEqual([
      "#### anyOptions with `type: 'codel'`",
      "#### anyOptions with `type: 'drop'`",
    ])
  })
})
