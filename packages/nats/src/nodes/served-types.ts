import type { MessageTypes } from '@genpool/core/elsewhere'

/** A node with more than this in the names of its types does not say them. */
const MOST_TEXT = 4000

/** How a message comes. A dispatched one may be a call or a cast. */
export type Manner = 'call' | 'query' | 'cast' | 'dispatch'

/** The types of a pool as one text, which nodes say of themselves. Undefined if messages of any type may have a handler. */
export function textOfTypes(types: MessageTypes | null): string | undefined {
  if (types === null) return undefined
  const text = JSON.stringify([[...types.calls].sort(), [...types.casts].sort()])
  return text.length > MOST_TEXT ? undefined : text
}

/** The type of a message; null if it has none, or reading it throws. */
export function typeIn(message: unknown): string | null {
  try {
    const { type } = (message ?? {}) as { readonly type?: unknown }
    return typeof type === 'string' ? type : null
  } catch {
    return null
  }
}

/** What a node has handlers for. Null: any message, as far as this client knows. */
export class ServedTypes {
  private constructor(
    readonly calls: ReadonlySet<string>,
    readonly casts: ReadonlySet<string>,
  ) {}

  /** Reads what `textOfTypes` wrote. Null if it is something else: it comes from the network. */
  static of(text: string | undefined): ServedTypes | null {
    if (text === undefined || text.length > MOST_TEXT) return null
    try {
      const [calls, casts] = JSON.parse(text) as readonly unknown[]
      return isNames(calls) && isNames(casts) ? new ServedTypes(new Set(calls), new Set(casts)) : null
    } catch {
      return null
    }
  }

  /** Whether there is a handler for a message that comes like this. */
  has(type: string, manner: Manner): boolean {
    if (manner === 'dispatch') return this.calls.has(type) || this.casts.has(type)
    return (manner === 'cast' ? this.casts : this.calls).has(type)
  }
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
