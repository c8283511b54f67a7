import type { IncomingMessage } from 'node:http'

/** Where a request leads within the dashboard. */
export interface Location {
  /** The path within the dashboard, without the first slash; undefined if it is outside. */
  readonly path: string | undefined
  readonly query: URLSearchParams
  /** The path of the page as the browser sees it. It ends with a slash, so that the page's own links work. */
  readonly base: string
  /** Whether the browser left the slash out. */
  readonly lacksSlash: boolean
}

/**
 * Finds where a request leads.
 *
 * @param mount where the handler is mounted. A framework that takes that out of `url` leaves it in `originalUrl` (express)
 */
export function locate(request: IncomingMessage & { readonly originalUrl?: string }, mount: string): Location {
  const seen = pathOf(request.originalUrl ?? request.url ?? '/')
  const [url = '/', query = ''] = (request.url ?? '/').split('?')
  const prefix = mount.replace(/\/+$/, '')
  const isBelow = url === prefix || url.startsWith(`${prefix}/`)
  const inner = isBelow ? url.slice(prefix.length) : request.originalUrl === undefined ? undefined : url
  const path = inner?.replace(/^\//, '')
  const base = path === undefined || path === '' ? seen : seen.slice(0, seen.length - path.length)
  const lacksSlash = !base.endsWith('/')
  return { path, query: new URLSearchParams(query), base: lacksSlash ? `${base}/` : base, lacksSlash }
}

function pathOf(url: string): string {
  const path = url.split('?')[0] ?? '/'
  // `//host` would be the address of another site.
  return path === '' ? '/' : path.replace(/^[/\\]+/, '/')
}
