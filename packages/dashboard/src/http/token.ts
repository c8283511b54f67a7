import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** A browser sends a cookie to all ports of a host. With names of their own, dashboards do not sign each other out. */
const COOKIE = 'genpool-dashboard-'

/** Knows whether a visitor knows the token: from `Authorization: Bearer …`, or from the cookie that signing in leaves. */
export class Token {
  readonly #token: Buffer
  readonly #session: string
  readonly #cookie: string

  constructor(token: string) {
    this.#token = digest(token)
    this.#session = digest(`session of ${token}`).toString('hex')
    this.#cookie = `${COOKIE}${digest(`cookie of ${token}`).toString('hex').slice(0, 8)}=`
  }

  /** Compares in constant time. */
  is(given: string): boolean {
    return timingSafeEqual(digest(given), this.#token)
  }

  isKnownTo({ headers }: IncomingMessage): boolean {
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
    if (bearer !== undefined) return this.is(bearer)
    const session = valueOf(this.#cookie, headers.cookie ?? '')
    return session !== undefined && timingSafeEqual(digest(session), digest(this.#session))
  }

  /** The cookie for a visitor that has given the token. Scripts cannot read it, and other sites cannot send it. */
  cookie(path: string, secure: boolean): string {
    return `${this.#cookie}${this.#session}; Path=${path}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function valueOf(cookie: string, header: string): string | undefined {
  const pair = header.split(/; */).find((part) => part.startsWith(cookie))
  return pair?.slice(cookie.length)
}
