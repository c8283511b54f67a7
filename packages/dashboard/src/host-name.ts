import { isIP } from 'node:net'

const LABEL = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?'
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*\\.?$`, 'i')
const PORT = /:\d{1,5}$/

/** Whether a browser can send it as the `Host` of a request, with or without a port. */
export function isHost(text: string): boolean {
  return isAddress(text) || isAddress(bare(text.replace(PORT, '')))
}

/** Whether it is a name or a numeric address, without a port. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 || NAME.test(text)
}

/** What is expected in its place. */
export function hostWords(text: unknown): string {
  const name = nameIn(text)
  if (name !== undefined) return `expected the name alone, ${JSON.stringify(name)}`
  return 'expected one host name, such as "pools.example.org" (there are no patterns: list each name)'
}

/** The name in an address of a page, or in a name that is written in letters of any language. */
function nameIn(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.trim() === '') return undefined
  try {
    const { hostname } = new URL(/^[a-z]+:\/\//i.test(text.trim()) ? text : `http://${text.trim()}`)
    const name = bare(hostname)
    return isAddress(name) ? name : undefined
  } catch {
    return undefined
  }
}

/** An address of IPv6 without its brackets. */
function bare(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1')
}
