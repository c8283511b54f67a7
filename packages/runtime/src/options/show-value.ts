const LONGEST = 60
const MOST_KEYS = 5

/** A value as an error names it: `"5"` for a string, `5` for a number, `an object { a, b }`. Never throws. */
export function showValue(value: unknown): string {
  try {
    return shown(value)
  } catch {
    return 'something that cannot be shown'
  }
}

/** A number with at most six digits, unless that would make it whole: 1.0000000001 is not 1. */
export function showNumber(value: number): string {
  if (Object.is(value, -0)) return '-0'
  const rounded = Number(value.toPrecision(6))
  return String(Number.isInteger(value) || Number.isInteger(rounded) ? value : rounded)
}

/** Words as a sentence lists them: `a, b or c`. */
export function listed(words: readonly string[]): string {
  const all = [...new Set(words)]
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
}

function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      return showNumber(value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : shownObject(value)
    default:
      return String(value)
  }
}

function quoted(text: string): string {
  const shown = text.replace(PASSWORD, '$1…@')
  return JSON.stringify(shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown)
}
/** In an address, as `nats://user:password@host`. */
const PASSWORD = /^([a-z][a-z\d+.-]*:\/\/)[^/?#\s]*@/i

function shownObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise'
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) {
    const name: unknown = (value.constructor as { name?: unknown } | undefined)?.name
    if (typeof name === 'string' && name !== '' && name !== 'Object') return `an object of class ${name}`
  }
  const keys = Object.keys(value)
  if (keys.length === 0) return 'an empty object'
  const more = keys.length > MOST_KEYS ? ', …' : ''
  return `an object { ${keys.slice(0, MOST_KEYS).join(', ')}${more} }`
}
