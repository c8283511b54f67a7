import { textOf } from '@genpool/runtime'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { act } from '../actions/actions'
import { Live } from '../live/live'
import type { CheckedOptions } from '../options'
import { begin, redirect, send, sendJson } from './answer'
import { BadBody, readBody, readJson } from './body'
import { fileOf } from './files'
import { refusal, type Refusal, type Rules, signInRefusal, type Visitor } from './guard'
import { type Location, locate } from './location'
import { isPassedOn } from './proxies'
import { signInPage } from './sign-in'
import { Token } from './token'
import { Traces } from './traces'

/** Answers the requests of one dashboard. */
export class Site {
  readonly #live: Live
  readonly #traces: Traces
  readonly #token: Token | null
  readonly #rules: Rules

  constructor(private readonly options: CheckedOptions) {
    const { pools, token, hosts, write } = options
    this.#live = new Live(pools, options)
    this.#traces = new Traces(options.clock)
    this.#token = token === undefined ? null : new Token(token)
    this.#rules = { hosts: hosts.map((host) => host.toLowerCase()), hasToken: token !== undefined, write }
  }

  close(): void {
    this.#live.end()
    this.#traces.end()
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response)
    } catch (error) {
      // A fault of the dashboard must not end the process that it shows.
      if (response.headersSent) response.destroy()
      else if (error instanceof BadBody) refuseBody(response, error)
      else send(response, 500, `The dashboard failed: ${textOf(error)}`)
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const location = locate(request, this.options.path)
    const { path, base, lacksSlash } = location
    const visitor = this.#visitor(request, path === '')
    if (path === undefined) return send(response, 404, 'There is nothing here.')
    if (path === 'sign-in') return this.#signIn(request, response, { visitor, base })
    const refused = refusal(visitor, this.#rules)
    if (refused !== null) return this.#refuse(response, refused, { visitor, location })
    if (path === '' && lacksSlash) return redirect(response, base)
    if (path === 'act') return this.#act(request, response)
    if (visitor.method === 'POST') return send(response, 405, 'Only "act" can be posted to.')
    if (path === 'events') return this.#openStream(location, response)
    if (path === 'trace') return this.#record(location, response)
    const file = fileOf(path)
    if (file === undefined) send(response, 404, `The dashboard has no "${path.slice(0, 80)}".`)
    else send(response, 200, file.body, file.type)
  }

  /** A person who lacks the token gets the form that asks for it, or is let in by the token in the link. */
  #refuse(
    response: ServerResponse,
    { status, says }: Refusal,
    { visitor, location: { base, query } }: { visitor: Visitor; location: Location },
  ): void {
    if (status !== 401 || !visitor.opensPage) return send(response, status, says)
    const given = query.get('token')
    if (given !== null && this.#token?.is(given) === true) return this.#letIn(response, base)
    send(response, 401, signInPage(given !== null), 'text/html')
  }

  async #signIn(
    request: IncomingMessage,
    response: ServerResponse,
    { visitor, base }: { visitor: Visitor; base: string },
  ): Promise<void> {
    const refused = signInRefusal(visitor, this.#rules)
    if (refused !== null) return send(response, refused.status, refused.says)
    if (visitor.method !== 'POST') return redirect(response, base)
    const parsed = (request as { body?: unknown }).body
    const given =
      typeof parsed === 'object' && parsed !== null
        ? textIn((parsed as { token?: unknown }).token)
        : new URLSearchParams(await readBody(request)).get('token')
    if (given !== null && this.#token?.is(given) === true) return this.#letIn(response, base)
    send(response, 401, signInPage(true), 'text/html')
  }

  #letIn(response: ServerResponse, base: string): void {
    const secure = 'encrypted' in response.req.socket
    response.setHeader('Set-Cookie', this.#token?.cookie(base, secure) ?? '')
    redirect(response, base)
  }

  async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') return send(response, 405, 'Post to "act".')
    const asked = await readJson(request)
    if (typeof asked !== 'object' || asked === null) throw new BadBody(400, 'The body must be an object.')
    const { pool: id, ...action } = asked as { pool?: unknown; action?: unknown; changes?: unknown }
    const pool = typeof id === 'string' ? this.#live.poolOf(id) : undefined
    if (pool === undefined) return sendJson(response, 404, { ok: false, error: 'There is no such pool.' })
    const result = act(pool, action)
    sendJson(response, result.ok ? 200 : 422, result)
    // A pool tells of a change right after it; the marks in the plots come from that.
    await Promise.resolve()
    this.#live.tellAll()
  }

  #openStream({ query }: Location, response: ServerResponse): void {
    begin(response, 200, 'text/event-stream')
    // Proxies must pass on each event at once.
    response.setHeader('X-Accel-Buffering', 'no')
    if (response.req.method === 'HEAD') return void response.end()
    this.#live.open(query.get('pool'), response)
  }

  /** What comes to a pool from now on, as `recordTrace` writes it, until the visitor has enough. */
  #record({ query }: Location, response: ServerResponse): void {
    const name = query.get('pool')
    const pool = this.#live.poolOf(name)
    if (pool === undefined)
      return send(response, 404, `There is no pool "${name}". There are ${this.#live.names.join(', ')}.`)
    if (response.req.method === 'HEAD') return send(response, 200, '', 'application/x-ndjson')
    if (this.#traces.open(pool, response)) return
    send(response, 503, 'Others record already. Try again when they have ended.')
  }

  #visitor(request: IncomingMessage, opensPage: boolean): Visitor {
    const { headers, method = 'GET', socket } = request
    return {
      method,
      opensPage,
      host: headers.host,
      origin: headers.origin,
      site: headers['sec-fetch-site'] as string | undefined,
      remote: socket.remoteAddress,
      forwarded: isPassedOn(headers),
      contentType: headers['content-type'],
      authorised: this.#token?.isKnownTo(request) ?? false,
    }
  }
}

/** What is left of the body is not read: the connection ends. */
function refuseBody(response: ServerResponse, { status, message }: BadBody): void {
  if (status === 413) response.setHeader('Connection', 'close')
  sendJson(response, status, { ok: false, error: message })
}

/** A framework may have parsed the form into anything. */
function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
