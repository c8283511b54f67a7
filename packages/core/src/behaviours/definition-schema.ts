import { type Fault, parseOptions, readSafely, wrongOptions } from '@genpool/runtime'
import { z } from 'zod'

const handler = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'expected a function')
const route = z.union([
  handler,
  z.strictObject({
    schema: z
      .custom<z.ZodType>((value) => value instanceof z.ZodType, 'expected a zod schema')
      .optional()
      .describe('Checks the message before it is queued.'),
    batch: z.number().int().positive().optional().describe('The most waiting messages that the handler takes at once.'),
    handle: handler,
  }),
])
const lifecycle = {
  init: handler.optional(),
  handleInfo: handler.optional(),
  handleContinue: handler.optional(),
  terminate: handler.optional(),
}
const mapDefinition = z.strictObject({
  ...lifecycle,
  calls: z.record(z.string(), route).optional(),
  casts: z.record(z.string(), route).optional(),
})
const catchAllDefinition = z.strictObject({
  ...lifecycle,
  handleCall: handler.optional(),
  handleCast: handler.optional(),
})

const plainProperties = z.strictObject({
  initialState: z.unknown().optional(),
  initialStateFunc: handler.optional(),
  onCrash: handler.optional(),
  afterStop: handler.optional(),
  shutdownAfter: z
    .custom<number>((value) => typeof value === 'number' && value >= 0, 'expected milliseconds >= 0')
    .optional(),
})

/** The callbacks without the types of their messages, for internal use. */
export interface Callbacks {
  readonly init?: (ctx: unknown) => unknown
  readonly handleInfo?: (message: unknown, state: unknown, ctx: unknown) => unknown
  readonly handleContinue?: (argument: unknown, state: unknown, ctx: unknown) => unknown
  readonly terminate?: (reason: unknown, state: unknown, ctx: unknown) => unknown
  readonly handleCall?: (message: unknown, from: unknown, state: unknown, ctx: unknown) => unknown
  readonly handleCast?: (message: unknown, state: unknown, ctx: unknown) => unknown
  readonly calls?: Readonly<Record<string, HandlerDefinition>>
  readonly casts?: Readonly<Record<string, HandlerDefinition>>
}

type Handler = (message: unknown, state: unknown, ctx: unknown) => unknown
export type HandlerDefinition =
  Handler | { readonly schema?: z.ZodType | undefined; readonly batch?: number | undefined; readonly handle: Handler }

/** @throws {OptionsError} that names what is wrong, and where */
export function checkDefinition(input: unknown): Callbacks {
  const isCatchAll =
    typeof input === 'object' &&
    input !== null &&
    readSafely(() => 'handleCall' in input || 'handleCast' in input, false)
  const faults = readSafely(() => reservedIn(input), [])
  if (faults.length > 0) throw wrongOptions(CALLBACKS, faults)
  return parseOptions(isCatchAll ? catchAllDefinition : mapDefinition, input, CALLBACKS, guessesFor(input)) as Callbacks
}

const CALLBACKS = 'callbacks given to definePool'

/** Handlers with the two names that an object cannot have like any other: what is called so makes it look like one of another class. */
function reservedIn(input: unknown): readonly Fault[] {
  const maps = input as { readonly calls?: object; readonly casts?: object }
  return (['calls', 'casts'] as const).flatMap((kind) => {
    const map = maps[kind]
    if (typeof map !== 'object' || map === null) return []
    const names = Object.getOwnPropertyNames(map).filter((name) => name === 'constructor' || name === '__proto__')
    // Written out in an object, `__proto__` is no property of it.
    if (isRoute(Object.getPrototypeOf(map))) names.push('__proto__')
    return names.map((name) => ({
      path: [kind, name],
      message: `no message can have the type "${name}". Take another name`,
    }))
  })
}

/** Whether a prototype was meant to be a handler. */
function isRoute(prototype: unknown): boolean {
  return (
    typeof prototype === 'function' ||
    (typeof prototype === 'object' && prototype !== null && Object.hasOwn(prototype, 'handle'))
  )
}

/** Handlers at the top belong into a map; nact's own properties belong to a plain function. */
function guessesFor(input: unknown): Readonly<Record<string, readonly string[]>> {
  const handlers = readSafely(
    () => Object.entries(input as object).flatMap(([key, value]) => (typeof value === 'function' ? [key] : [])),
    [],
  )
  const places = handlers.map((key) => [key.toLowerCase(), [`calls.${key}`, `casts.${key}`]] as const)
  return { ...Object.fromEntries(places), state: ['init'], initialstate: ['init'], initialstatefunc: ['init'] }
}

/** @throws {OptionsError} that names which of nact's properties is wrong */
export function checkProperties(input: object): object {
  return parseOptions(plainProperties, input, 'properties given to definePool or spawnPool')
}
