import type { GenPoolError } from '@genpool/core'
import { ERROR_CLASSES } from '@genpool/core/elsewhere'
import { printableLines, textOf } from '@genpool/runtime'
import { ownBodies } from './codec'
import { BadFrame, NotCarried } from './errors'
import { answerFrame, type AnswerHeader, Kind } from './frames'
import { Writer } from './writer'

const probe = new Writer()

/** What every error has of its own and is made here, or is never taken from the network. */
const OWN = ['message', 'name', 'stack', 'cause', 'code', '__proto__', 'constructor', 'toString', 'node'] as const
const MOST_CAUSES = 5
const MOST_TEXT = 4000

interface Failure {
  readonly code: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly causes: readonly { readonly name: string; readonly message: string; readonly code: unknown }[]
}

/** An error as it travels: its code, message and fields. Of its causes the names, messages and codes; no stacks. */
export function failureFrame(error: GenPoolError, header: AnswerHeader, max: number): Uint8Array {
  const failure = { code: error.code, message: cut(error.message), fields: fieldsOf(error), causes: causesOf(error) }
  const frame = (value: Failure, most = max): Uint8Array =>
    answerFrame(Kind.failure, header, { bodies: ownBodies, value, max: most })
  try {
    return frame(failure)
  } catch {
    // Something in its fields is too large, or cannot travel.
  }
  try {
    return frame({
      ...failure,
      fields: Object.fromEntries(Object.entries(failure.fields).filter(([, value]) => travels(value))),
    })
  } catch {
    return frame({ ...failure, fields: {}, causes: [] }, Infinity)
  }
}

/** Makes the error again. @throws {BadFrame} if the body is no error */
export function readFailure(body: Uint8Array, node: string): GenPoolError {
  try {
    return rebuilt(ownBodies.read(body) as Partial<Failure>, node)
  } catch (error) {
    throw error instanceof BadFrame ? error : new BadFrame('the error in it is none of GenPool')
  }
}

function rebuilt({ code, message, fields, causes }: Partial<Failure>, node: string): GenPoolError {
  const isKnown = typeof code === 'string' && Object.hasOwn(ERROR_CLASSES, code)
  const Class = isKnown ? ERROR_CLASSES[code as keyof typeof ERROR_CLASSES] : undefined
  if (Class === undefined || typeof message !== 'string') throw new BadFrame('the error in it is none of GenPool')
  const cause = causeOf(Array.isArray(causes) ? (causes as Failure['causes']) : [])
  const error = new Error(printableLines(message), cause === undefined ? undefined : { cause })
  Object.setPrototypeOf(error, Class.prototype)
  if (typeof fields === 'object' && fields !== null) {
    for (const [name, value] of Object.entries(fields)) {
      if (!isOwn(name) && !(name in Class.prototype)) (error as unknown as Record<string, unknown>)[name] = value
    }
  }
  error.name = Class.name
  return Object.assign(error, { code, node }) as unknown as GenPoolError
}

function isOwn(name: string): boolean {
  return (OWN as readonly string[]).includes(name)
}

function fieldsOf(error: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(error)) if (!isOwn(name)) fields[name] = value
  return fields
}

function travels(value: unknown): boolean {
  try {
    ownBodies.write(probe.begin(MOST_TEXT), value)
    return true
  } catch (error) {
    if (error instanceof NotCarried) return false
    throw error
  }
}

function causesOf(error: Error): Failure['causes'] {
  const causes: Failure['causes'][number][] = []
  for (let cause = error.cause; cause !== undefined && causes.length < MOST_CAUSES;) {
    const { name, code } =
      cause instanceof Error ? (cause as Error & { code?: unknown }) : { name: '', code: undefined }
    const isPlain = typeof code === 'string' || typeof code === 'number'
    causes.push({ name: cut(String(name)), message: cut(textOf(cause)), code: isPlain ? code : undefined })
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return causes
}

function causeOf([first, ...rest]: Failure['causes']): Error | undefined {
  if (typeof first !== 'object' || first === null) return undefined
  const inner = causeOf(rest)
  const error = new Error(String(first.message), inner === undefined ? undefined : { cause: inner })
  if (first.name !== '') error.name = String(first.name)
  // It came from another process: where it was rebuilt says nothing.
  error.stack = `${error.name}: ${error.message}`
  if (typeof first.code === 'string' || typeof first.code === 'number') Object.assign(error, { code: first.code })
  return error
}

function cut(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text
}
