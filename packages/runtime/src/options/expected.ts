import { listed, showNumber, showValue } from './show-value'
import { type Alternative, alternativesOf, checksOf, keysOf, propertyOf, type Schema, valuesOf } from './schema'

const MOST_KEYS = 8

/** What a schema accepts, in words: `a whole number >= 1, "gradient" or Infinity`. */
export function expected(schema: Schema, value?: unknown): string {
  const forms = alternativesOf(schema)
  const tagged = forms.filter(({ tag }) => tag !== undefined)
  const [first] = tagged
  const others = forms.filter((form) => !tagged.some((one) => one.schema === form.schema))
  const words = others.flatMap((form) => wordsOf(form.schema, value))
  return listed(first === undefined ? words : [...words, `an object { ${first.tag}: ${kinds(tagged)}, … }`])
}

/** The kinds that tell tagged forms apart: `"codel" | "drop"`. */
function kinds(tagged: readonly Alternative[]): string {
  return tagsOf(tagged).map(showValue).join(' | ')
}

/** The values of the tags of these forms. */
export function tagsOf(forms: readonly Alternative[]): readonly unknown[] {
  return [...new Set(forms.flatMap(({ schema, tag }) => valuesOf(propertyOf(schema, tag ?? ''))))]
}

function wordsOf(schema: Schema, value: unknown): readonly string[] {
  const values = valuesOf(schema)
  return values.length > 0 ? values.map(showValue) : [expectedOne(schema, value)]
}

function expectedOne(schema: Schema, value: unknown): string {
  const own = ownWords(schema, value)
  if (own !== undefined)
    return isUnsafe(value) ? own.replace(/^(a whole number (?:>=|above) \d+)$/, `$1 and ${AT_MOST}`) : own
  switch (schema.def.type) {
    case 'number':
      return numberWords(schema, value)
    case 'boolean':
      return 'true or false'
    case 'string':
      return `a string${lengthWords(schema, 'characters')}`
    case 'array':
      return `an array${lengthWords(schema, 'entries')}`
    case 'object':
      return objectWords(keysOf(schema))
    case 'record':
      return 'an object'
    default:
      return 'another value'
  }
}

function objectWords(keys: readonly string[]): string {
  const known = keys.length === 0 || keys.length > MOST_KEYS ? '' : ` { ${keys.join(', ')} }`
  return `an object${known}`
}

/** What the schema itself says that it expects. */
function ownWords(schema: Schema, value: unknown): string | undefined {
  const { error, type } = schema.def
  if (error === undefined) {
    const name = type === 'custom' ? schema.safeParse(value).error?.issues[0]?.expected : undefined
    return name === undefined ? undefined : `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`
  }
  const said = error({ code: 'custom', input: value, path: [] })
  const text: unknown = typeof said === 'object' && said !== null ? (said as { message?: unknown }).message : said
  return typeof text === 'string' ? text.replace(/^expected /, '') : undefined
}

function lengthWords(schema: Schema, of: string): string {
  const checks = checksOf(schema)
  const least = checks.find(({ minimum }) => minimum !== undefined)?.minimum ?? 0
  const most = checks.find(({ maximum }) => maximum !== undefined)?.maximum
  if (most !== undefined) return ` of ${least} to ${most} ${of}`
  return least > 1 ? ` of at least ${least} ${of}` : least === 1 ? ' that is not empty' : ''
}

/** Beyond this, numbers are no longer exact: `int()` refuses them, though they are whole. */
const AT_MOST = `<= ${Number.MAX_SAFE_INTEGER}`

function isUnsafe(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > Number.MAX_SAFE_INTEGER
}

function numberWords(schema: Schema, value: unknown): string {
  const checks = checksOf(schema)
  const whole = [schema.def.format, ...checks.map(({ format }) => format)].includes('safeint')
  const noun = whole ? 'a whole number' : value === Infinity || value === -Infinity ? 'a finite number' : 'a number'
  const least = checks.filter(({ check }) => check === 'greater_than').at(-1)
  const most = checks.filter(({ check }) => check === 'less_than').at(-1)
  const from = least?.value === undefined ? undefined : whole && !least.inclusive ? least.value + 1 : least.value
  const closed = whole || least?.inclusive === true
  const upper =
    most?.value === undefined
      ? whole && isUnsafe(value)
        ? AT_MOST
        : ''
      : `${most.inclusive === true ? '<=' : '<'} ${showNumber(most.value)}`
  if (from === undefined) return upper === '' ? noun : `${noun} ${upper}`
  if (upper.startsWith('<=') && closed) return `${noun} from ${showNumber(from)} to ${upper.slice(3)}`
  return `${noun} ${closed ? '>=' : '>'} ${showNumber(from)}${upper === '' ? '' : ` and ${upper}`}`
}
