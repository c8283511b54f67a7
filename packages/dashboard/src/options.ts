import { inspect, type PoolRef } from '@genpool/core'
import { clockOption, OptionsError, parseOptions } from '@genpool/runtime'
import { isIP } from 'node:net'
import { z } from 'zod'
import { hostWords, isAddress, isHost } from './host-name'
import { isToken, TOKEN_WORDS } from './token-format'

/** What every dashboard can be told. */
const shape = {
  pools: z
    .array(z.custom<PoolRef>(isPool, 'expected the address of a pool, as spawnPool returned it'))
    .min(1)
    .describe('The pools to show, in this order.'),
  token: z
    .string({ error: TOKEN_WORDS })
    .refine(isToken)
    .optional()
    .describe(
      'What a visitor must know to see the page; at least 16 characters of ASCII. Without one, only this machine sees it.',
    ),
  write: z
    .boolean()
    .default(false)
    .describe('Whether visitors may change options, pause, resume and drain. It needs a `token`.'),
  hosts: z
    .array(z.string({ error: ({ input }) => hostWords(input) }).refine(isHost))
    .default([])
    .describe(
      'Names by which visitors reach the page, as in `pools.example.org`; no patterns. Numeric addresses and localhost always work.',
    ),
  clock: clockOption,
}

/**
 * Options of `createDashboard`: a handler for a server that you have.
 *
 * @example const dashboard = createDashboard({ pools: [pool] })
 */
export const dashboardOptions = z.strictObject({
  ...shape,
  path: z
    .string({ error: 'expected a path that begins with "/", as a browser sends it, such as "/pools"' })
    .refine(isPath)
    .default('/')
    .describe('Where the handler is mounted, as in `/pools`, if the server leaves that in the URL of a request.'),
})
export type DashboardOptions = z.input<typeof dashboardOptions>
export type CheckedOptions = z.output<typeof dashboardOptions>

/**
 * Options of `serveDashboard`: a server of its own.
 *
 * @example await serveDashboard({ pools: [pool], port: 4000 })
 */
export const serverOptions = z.strictObject({
  ...shape,
  port: z.number().int().min(0).max(65_535).default(4000).describe('The port to listen on; 0 for any free one.'),
  host: z
    .string({ error: ({ input }) => hostWords(input) })
    .refine(isAddress)
    .default('127.0.0.1')
    .describe('The address to listen on. Any other than this machine itself needs a `token`.'),
})
export type ServerOptions = z.input<typeof serverOptions>
export type CheckedServerOptions = z.output<typeof serverOptions>

/** @throws {OptionsError} */
export function checkedOptions(options: unknown): CheckedOptions {
  return checkWrite(parseOptions(dashboardOptions, options, 'options of createDashboard'))
}

/** @throws {OptionsError} */
export function checkedServerOptions(options: unknown): CheckedServerOptions {
  const checked = checkWrite(parseOptions(serverOptions, options, 'options of serveDashboard'))
  if (checked.token === undefined && !isLoopback(checked.host)) {
    wrong('host', `others can reach "${checked.host}", so it needs a "token" that they must know`)
  }
  return checked
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  const address = host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host
  return isIP(address) === 4 && address.startsWith('127.')
}

function checkWrite<O extends { write: boolean; token?: string | undefined }>(options: O): O {
  if (options.write && options.token === undefined) {
    wrong('write', 'whoever sees the page could change the pools, so it needs a "token" that visitors must know')
  }
  return options
}

function wrong(option: string, message: string): never {
  throw new OptionsError(`The options of the dashboard are wrong; nothing was started.\n  at ${option}: ${message}`, [
    { path: [option], message },
  ])
}

/** Whether the path of a request can begin with it. */
function isPath(text: string): boolean {
  if (!text.startsWith('/') || text.startsWith('//') || text.includes('*')) return false
  return URL.canParse(text, 'http://localhost') && new URL(text, 'http://localhost').pathname === text
}

/** Whether it is the address of a pool, here or elsewhere. */
export function isPool(value: unknown): boolean {
  try {
    return inspect(value as PoolRef).name !== undefined
  } catch {
    return false
  }
}
