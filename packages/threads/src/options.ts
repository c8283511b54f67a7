import { z } from 'zod'
import { Writable } from 'node:stream'
import { readSafely } from '@genpool/runtime'
import { SHARE_ENV } from 'node:worker_threads'

const limit = (of: string) => z.number().positive().optional().describe(`The most ${of}, in MB.`)
const stream = z.union([
  z.boolean(),
  z.custom<Writable>(
    (value) => value instanceof Writable && value.writable,
    'expected a writable stream that has not ended',
  ),
])

/**
 * Options of `threads`.
 *
 * @example threads(new URL('./hash.js', import.meta.url), { spare: 1 })
 */
export const threadOptions = z.strictObject({
  export: z.string().optional().describe('The name of the export that is the behaviour. Default: the default export.'),
  name: z
    .string()
    .optional()
    .describe("The name of the threads in debuggers and profiles. Default: the module's file name."),
  prefetch: z
    .union([z.literal('auto'), z.int().min(1).max(64)])
    .default('auto')
    .describe(
      'How many messages a thread holds, the running one included. `auto`: as many as take about 1 ms, from 2 to 64; or up to ' +
        '5 that take 7.5 ms together, up to 16 that take 16 ms while others wait as long in the queue. What has not begun is taken back when it could begin elsewhere, expires or is cancelled.',
    ),
  stayAwake: z
    .number()
    .min(0)
    .max(10)
    .default(0.1)
    .describe(
      'How long a thread that has done its work stays awake for more, and this thread for an answer, in milliseconds; 0 for ' +
        'not at all. Tiny tasks, one at a time, are up to four times as fast so. Left out while it is in vain.',
    ),
  spare: z.int().min(0).max(16).default(0).describe('How many loaded threads wait to replace one that ends.'),
  resourceLimits: z
    .strictObject({
      maxOldGenerationSizeMb: limit('memory for objects that live on'),
      maxYoungGenerationSizeMb: limit('memory for new objects'),
      codeRangeSizeMb: limit('memory for compiled code'),
      // With less than 0.3, Node ends the whole process.
      stackSizeMb: z.number().min(0.5).optional().describe('The most memory for the stack, in MB.'),
    })
    .optional()
    .describe(
      "Limits of V8 for each thread, in MB. A thread that exceeds them dies alone; buffers do not count, as in Node's own.",
    ),
  env: z
    .union([
      z.record(z.string(), z.string().optional()),
      z.custom<symbol>((value) => value === SHARE_ENV, 'expected SHARE_ENV'),
    ])
    .optional()
    .describe("`process.env` in the threads; SHARE_ENV to share it. Default: a copy of this thread's."),
  argv: z
    .array(z.unknown().refine(isText, 'expected a value that can be made a string'))
    .optional()
    .describe('What follows in `process.argv` of the threads.'),
  execArgv: z
    .array(z.string())
    .optional()
    .describe("Node's flags for the threads. Default: those of the process, with which they read TypeScript, too."),
  workerData: z.unknown().optional().describe('What modules read as `workerData` of `node:worker_threads`.'),
  stdout: stream
    .default(true)
    .describe("Where the threads' output goes: true for that of the process, false for nowhere, or a stream."),
  stderr: stream.default(true).describe('The same for errors.'),
})

/** An object without a prototype is none, for example. */
function isText(value: unknown): boolean {
  return readSafely(() => typeof String(value) === 'string', false)
}

export type ThreadOptions = z.input<typeof threadOptions>
export type CheckedThreadOptions = z.output<typeof threadOptions>
