import { isIP } from 'node:net'
import { isLoopback } from '../options'

/** What the guard looks at in a request. */
export interface Visitor {
  readonly method: string
  /** Whether the page itself is asked for, which a link of another site may do. */
  readonly opensPage: boolean
  readonly host: string | undefined
  readonly origin: string | undefined
  /** The header `Sec-Fetch-Site`, which browsers set and pages cannot. */
  readonly site: string | undefined
  readonly remote: string | undefined
  /** Whether a proxy says that it passes on the request of somebody else. */
  readonly forwarded: boolean
  readonly contentType: string | undefined
  /** Whether it knows the token. */
  readonly authorised: boolean
}

/** What visitors must know and how they may come. */
export interface Rules {
  readonly hosts: readonly string[]
  readonly hasToken: boolean
  readonly write: boolean
}

/** Why a request is refused: for people, with what to do. */
export interface Refusal {
  readonly status: 401 | 403 | 405 | 415
  readonly says: string
}

type Check = (visitor: Visitor, rules: Rules) => Refusal | null

/**
 * Decides whether a request is let in; null if so. Pure.
 *
 * The checks of `Host` and `Origin` are against pages of other sites that run in the browser of somebody who may look: such a
 * page can send requests here, and with a name of its own that resolves to this address even read the answers.
 */
export function refusal(visitor: Visitor, rules: Rules): Refusal | null {
  for (const check of CHECKS) {
    const found = check(visitor, rules)
    if (found !== null) return found
  }
  return null
}

const method: Check = ({ method }) =>
  ['GET', 'HEAD', 'POST'].includes(method) ? null : { status: 405, says: `The dashboard knows no ${method}.` }

const host: Check = ({ host }, { hosts }) =>
  isKnownHost(host, hosts)
    ? null
    : forbidden(`The host "${host ?? ''}" is no name of this dashboard. If it should be one, add it to "hosts".`)

/** A proxy may change `Host`; then the page comes from one of the names. Another port is another site. */
const origin: Check = ({ origin, host, forwarded }, { hosts }) => {
  if (origin === undefined) return null
  const from = hostOf(origin)
  return from !== undefined && from !== '' && (from === host?.toLowerCase() || (forwarded && hosts.includes(from)))
    ? null
    : forbidden(`A page of "${origin}" may not use this dashboard.`)
}

const site: Check = ({ site, opensPage, method }) =>
  site === undefined || site === 'same-origin' || site === 'none' || (opensPage && method !== 'POST')
    ? null
    : forbidden('A page of another site may not use this dashboard.')

const remote: Check = ({ remote, forwarded }, { hasToken }) =>
  hasToken || (!forwarded && remote !== undefined && isLoopback(remote))
    ? null
    : forbidden('Without a "token", only this machine itself sees the dashboard. Set one to let others in.')

const token: Check = ({ authorised }, { hasToken }) =>
  authorised || !hasToken ? null : { status: 401, says: 'The dashboard asks for its token.' }

const write: Check = ({ method, contentType }, { write }) => {
  if (method !== 'POST') return null
  if (!write) return forbidden('The dashboard is read-only. Set "write: true" to let visitors change pools.')
  return /^application\/json\b/i.test(contentType ?? '') ? null : { status: 415, says: 'Send application/json.' }
}

const CHECKS: readonly Check[] = [method, host, origin, site, remote, token, write]

/** Whether a request for the sign-in form is let in: as any other, but it need not know the token yet. */
export function signInRefusal(visitor: Visitor, rules: Rules): Refusal | null {
  return refusal({ ...visitor, authorised: true, contentType: 'application/json' }, { ...rules, write: true })
}

function forbidden(says: string): Refusal {
  return { status: 403, says }
}

/** Numeric addresses are safe: only names can be made to point here by others. */
function isKnownHost(host: string | undefined, hosts: readonly string[]): boolean {
  if (host === undefined) return false
  const name = nameOf(host)
  return name === 'localhost' || isIP(name) !== 0 || hosts.includes(name) || hosts.includes(host.toLowerCase())
}

/** The name in a `Host` header, without the port and the brackets of IPv6. */
function nameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(host)
  return (bracketed?.[1] ?? host.replace(/:\d*$/, '')).toLowerCase()
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
