import { isSendable, TOKEN_WORDS } from '../token-format'
import { Fault, usage } from './fault'
import type { Io } from './io'

/** Arguments of commands that look at a dashboard. */
export const DASHBOARD_FLAGS = { token: { type: 'string' }, pool: { type: 'string', short: 'p' } } as const

export const DASHBOARD_HELP = `  -p, --pool <name>         which pool (default: the first)
      --token <token>       what the dashboard asks for; better in the environment, as GENPOOL_TOKEN
`

/** Where a dashboard is, and what it asks for. */
export interface Dashboard {
  /** Ends with a slash. */
  readonly url: string
  readonly token: string | undefined
}

/** @throws {Fault} if the arguments name none */
export function dashboardOf(
  command: string,
  [url, ...rest]: readonly string[],
  token: string | undefined,
  io: Io,
): Dashboard {
  if (url === undefined || rest.length > 0) {
    throw usage(
      `it needs the address of a dashboard: genpool ${command} http://127.0.0.1:4000. See genpool ${command} --help.`,
    )
  }
  return { url: pageOf(url), token: sendable(token ?? io.env['GENPOOL_TOKEN']) }
}

/** No dashboard takes a token that cannot be sent as it is. */
function sendable(token: string | undefined): string | undefined {
  if (token === undefined || isSendable(token)) return token
  throw usage(`a token ${TOKEN_WORDS.replace('expected', 'has')}. Look at GENPOOL_TOKEN, or --token, for spaces.`)
}

function pageOf(text: string): string {
  try {
    const url = new URL(/^\w+:\/\//.test(text) ? text : `http://${text}`)
    if (!['http:', 'https:'].includes(url.protocol)) throw new Error('another protocol')
    return `${url.origin}${url.pathname.replace(/\/*$/, '/')}`
  } catch {
    throw usage(`expected the address of a dashboard, such as http://127.0.0.1:4000, got "${text}".`)
  }
}

/** What to look at if nothing answers. */
const BEGIN = 'Does the program run, and does it call serveDashboard with this port? The address stands in its "url".'

/** The dashboard could not be reached. Trying again may help. */
export class Unreachable extends Fault {}

/**
 * Asks a dashboard.
 *
 * @throws {Unreachable} if there is no answer; {Fault} if it refuses
 */
export async function ask({ url, token }: Dashboard, path: string, signal: AbortSignal): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(new URL(path, url), { headers, signal }).catch((error: unknown) => {
    const { cause } = error as { cause?: { code?: string; message?: string } }
    const why = cause?.code ?? cause?.message ?? String(error)
    throw new Unreachable(`nothing answers at ${url} (${why}). ${BEGIN}`)
  })
  if (response.ok && response.body !== null) return response
  const says = (await response.text().catch(() => '')).trim()
  if (response.status === 401) {
    const what = token === undefined ? 'asks for its token' : 'does not know this token'
    throw new Fault(`the dashboard ${what}: set GENPOOL_TOKEN, or --token.`)
  }
  if (response.status >= 500) throw new Unreachable(`the dashboard answers ${response.status}. ${shortened(says)}`)
  throw new NotThere(`the dashboard answers ${response.status}. ${shortened(says)}`)
}

/** What was asked for is not there. */
export class NotThere extends Fault {}

function shortened(text: string): string {
  return /^\s*</.test(text) ? 'Is it a dashboard of GenPool?' : text.slice(0, 300)
}

/** The text of an answer, part by part, until it ends: a connection that is lost is an end, too. */
export async function* textOf({ body }: Response): AsyncGenerator<string> {
  const reader = (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }))
    if (done || value === undefined) return
    yield value
  }
}
