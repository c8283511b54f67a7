import { type PlainAddress, plainAddress, type Reference, ReplyReference } from '@genpool/runtime'

/** A copy of a message without reply addresses: each is replaced by its plain form, which finds its way back. */
export function withPlainAddresses(value: unknown, idOf?: (address: ReplyReference) => string): unknown {
  const copies = new Map<object, unknown>()
  const copy = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part
    if (part instanceof ReplyReference) return plainAddress(part as unknown as Reference, idOf)
    const known = copies.get(part)
    if (known !== undefined) return known
    if (Array.isArray(part)) {
      const list: unknown[] = []
      copies.set(part, list)
      for (const each of part as unknown[]) list.push(copy(each))
      return list
    }
    const prototype: unknown = Object.getPrototypeOf(part)
    if (prototype !== Object.prototype && prototype !== null) return part
    const made: Record<string, unknown> = {}
    copies.set(part, made)
    for (const [key, each] of Object.entries(part)) made[key] = copy(each)
    return made
  }
  return copy(value)
}

/** The plain form of an optional address. */
export function plainOrNull(reference: unknown, idOf?: (address: ReplyReference) => string): PlainAddress | null {
  const isAddress = typeof reference === 'object' && reference !== null && 'type' in reference && 'path' in reference
  if (!isAddress || (reference as Reference).type === 'nobody') return null
  return plainAddress(reference as Reference, idOf)
}
