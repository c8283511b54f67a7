import type { GenPoolError } from '@genpool/core'
import { ERROR_CLASSES } from '@genpool/core/elsewhere'
import { isGenPoolError, printableLines, readSafely, textOf } from '@genpool/runtime'
import { ownBodies } from './codec'
import { BadFrame, isBadFrame } from './errors'
import { answerFrame, type AnswerHeader, Kind } from './frames'
import { Writer } from './writer'

const probe = new Writer()

/** What every error has of its own and is made here, or is never taken from the network. */
const OWN = ['message', 'name', 'stack', 'cause', 'code', '__proto__', 'constructor', 'toString', 'node'] as const
const MOST_CAUSES = 5
/** Longer texts are cut in their middle: the end often says what to do. */
const MOST_TEXT = 4000
const KEPT_END = 1000

type Fields = Readonly<Record<string, unknown>>

interface Cause {
  readonly name: string
  readonly message: string
  readonly code: unknown
  /** Only of an error of GenPool. */
  readonly fields?: Fields | undefined
}

interface Failure {
  readonly code: string
  readonly message: string
  readonly fields: Fields
  readonly causes: readonly Cause[]
  /** Of bytes that could not be read: their print. Whoever sent others was not meant. */
  readonly unread?: number | undefined
}

/** An error that came, and which bytes the node could not read, if that is why. */
export interface ReadFailure {
  readonly error: GenPoolError
  readonly unread: number | undefined
}

/**
 * An error as it travels: its code, message and fields. Of its causes the names, messages and codes; no stacks. Never throws: errors
 * are often made by users, and a getter or a proxy in one may throw anything.
 *
 * @param unread the print of the bytes that could not be read, if that is why
 */
export function failureFrame(error: GenPoolError, header: AnswerHeader, max: number, unread?: number): Uint8Array {
  const failure = { ...failureOf(error), ...(unread === undefined ? {} : { unread }) }
  const frame = (value: Failure, most = max): Uint8Array =>
    answerFrame(Kind.failure, header, { bodies: ownBodies, value, max: most })
  try {
    return frame(failure)
  } catch {
    // Something in its fields is too large, or cannot travel.
  }
  try {
    return frame({ ...failure, fields: travelling(failure.fields) })
  } catch {
    return frame({ ...failure, fields: {}, causes: [] }, Infinity)
  }
}

/** Makes the error again. @throws {BadFrame} if the body is no error */
export function readFailure(body: Uint8Array, node: string): GenPoolError {
  return openFailure(body, node).error
}

/** The same, with what could not be read. */
export function openFailure(body: Uint8Array, node: string): ReadFailure {
  try {
    const failure = ownBodies.read(body) as Partial<Failure>
    return { error: rebuilt(failure, node), unread: failure.unread }
  } catch (error) {
    throw isBadFrame(error) ? error : new BadFrame('the error in it is none of GenPool')
  }
}

function rebuilt({ code, message, fields, causes }: Partial<Failure>, node: string): GenPoolError {
  const known = knownCode(code)
  if (known === undefined || typeof message !== 'string') throw new BadFrame('the error in it is none of GenPool')
  const cause = causeOf(Array.isArray(causes) ? (causes as Failure['causes']) : [])
  const error = new Error(printableLines(message), cause === undefined ? undefined : { cause })
  return Object.assign(ofItsClass(error, known, fields), { node })
}

/** Makes an error one of GenPool. */
function ofItsClass(error: Error, code: KnownCode, fields: unknown): GenPoolError {
  const Class = ERROR_CLASSES[code]
  Object.setPrototypeOf(error, Class.prototype)
  if (typeof fields === 'object' && fields !== null) {
    for (const [name, value] of Object.entries(fields)) {
      if (!isOwn(name) && !(name in Class.prototype)) (error as unknown as Record<string, unknown>)[name] = value
    }
  }
  error.name = Class.name
  return Object.assign(error, { code }) as unknown as GenPoolError
}

type KnownCode = keyof typeof ERROR_CLASSES

function knownCode(code: unknown): KnownCode | undefined {
  return typeof code === 'string' && Object.hasOwn(ERROR_CLASSES, code) ? (code as KnownCode) : undefined
}

function isOwn(name: string): boolean {
  return (OWN as readonly string[]).includes(name)
}

function failureOf(error: GenPoolError): Failure {
  return {
    // One that does not say what it is has failed in the handler, as far as anybody knows.
    code: knownCode(readSafely(() => error.code, undefined)) ?? 'ERR_GENPOOL_CRASHED',
    message: cut(messageOf(error)),
    fields: fieldsOf(error),
    causes: causesOf(error),
  }
}

/** With its lines. */
function messageOf(error: GenPoolError): string {
  return readSafely(() => String(error.message), textOf(error))
}

function fieldsOf(error: object): Fields {
  const fields: Record<string, unknown> = {}
  for (const name of readSafely(() => Object.keys(error), [])) {
    if (!isOwn(name)) fields[name] = readSafely(() => (error as Fields)[name], undefined)
  }
  return fields
}

function travelling(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => travels(value)))
}

function travels(value: unknown): boolean {
  try {
    ownBodies.write(probe.begin(MOST_TEXT), value)
    return true
  } catch {
    return false
  }
}

function causesOf(error: unknown): readonly Cause[] {
  const causes: Cause[] = []
  for (let at = causeIn(error); at !== undefined && causes.length < MOST_CAUSES; at = causeIn(at)) {
    causes.push(readSafely(() => factsOf(at), { name: '', message: textOf(at), code: undefined }))
  }
  return causes
}

function causeIn(error: unknown): unknown {
  return readSafely(() => (error instanceof Error ? error.cause : undefined), undefined)
}

function factsOf(cause: unknown): Cause {
  if (!(cause instanceof Error)) return { name: '', message: cut(textOf(cause)), code: undefined }
  const name = cut(readSafely(() => String(cause.name), 'Error'))
  const code = readSafely(() => (cause as Error & { code?: unknown }).code, undefined)
  const isPlain = typeof code === 'string' || typeof code === 'number'
  const known = isGenPoolError(cause)
  return {
    name,
    message: cut(known ? messageOf(cause) : textOf(cause)),
    code: isPlain ? code : undefined,
    ...(known ? { fields: travelling(fieldsOf(cause)) } : {}),
  }
}

function causeOf([first, ...rest]: Failure['causes']): Error | undefined {
  if (typeof first !== 'object' || first === null) return undefined
  const { name, code, fields } = first
  const inner = causeOf(rest)
  const error = new Error(printableLines(textOf(first.message)), inner === undefined ? undefined : { cause: inner })
  const known = fields === undefined ? undefined : knownCode(code)
  if (known !== undefined) ofItsClass(error, known, fields)
  else if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code })
  if (known === undefined && name !== '') error.name = textOf(name)
  // It came from another process: where it was rebuilt says nothing.
  error.stack = `${error.name}: ${error.message}`
  return error
}

function cut(text: string): string {
  const left = text.length - MOST_TEXT
  if (left <= 0) return text
  return `${text.slice(0, MOST_TEXT - KEPT_END)}… (${left} characters are left out) …${text.slice(-KEPT_END)}`
}
