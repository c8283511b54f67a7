import { clockOption } from '@genpool/runtime'
import { z } from 'zod'
import { type Codec, defaultCodec } from './wire/codec'
import type { Propagation } from './propagation'

const has =
  (...methods: readonly string[]) =>
  (value: unknown) =>
    methods.every((method) => typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function')

/** A name that can be a token of a subject, and of the services framework. */
const token = z
  .string({ error: 'expected a name of 1 to 64 letters, digits, - and _' })
  .regex(/^[-\w]{1,64}$/, 'expected a name of 1 to 64 letters, digits, - and _')

/** The options that a serving and a calling side share. */
export const sharedOptions = {
  name: token.describe('The name under which the pool is served. Part of all subjects.'),
  prefix: token.default('genpool').describe('The first part of all subjects.'),
  maxBytes: z
    .int({ error: 'expected a whole number >= 1000' })
    .min(1000)
    .default(1_000_000)
    .describe(
      'The most bytes of a message or an answer. The server has a limit, too, 1 MB by default; the smaller one holds.',
    ),
  codec: z
    .custom<Codec>(has('encode', 'decode'), 'expected a codec { encode(value), decode(bytes) }')
    .default(() => defaultCodec)
    .describe(
      'Turns messages and answers into bytes and back. Both sides need the same. Default: what structured clone copies.',
    ),
  propagation: z
    .custom<Propagation>(has('inject', 'within'), 'expected a propagation { inject(), within(headers, work) }')
    .optional()
    .describe('Carries the context of the caller, for example openTelemetry() of "@genpool/nats/opentelemetry".'),
  clock: clockOption,
}

/** The JetStream domain in which something is kept. @param what as in "the queue is" */
export const domainOf = (what: string): z.ZodOptional<z.ZodString> =>
  z
    .string({ error: 'expected the name of a JetStream domain' })
    .regex(/^[^\s.*>]+$/, 'expected the name of a JetStream domain')
    .optional()
    .describe(
      `The JetStream domain where ${what}. Needed behind a leaf node, if the server beyond it has a \`domain\`. Default: that of the server of the connection.`,
    )

/** Whether a value is a connection of nats.js. */
export const isConnection = has('publish', 'subscribe', 'status', 'flush', 'closed')
