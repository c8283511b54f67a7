import { ActorPath } from 'nact/lib/paths'
import { add } from 'nact/lib/system-map'
import type { Reference, ReplyTarget } from './internals'
import { ReplyReference } from './replies'

/** Carries messages to the actors of a system that is in another thread or process. */
export interface DistantActors {
  dispatch(to: PlainAddress, message: unknown, sender: unknown): void
  query(to: PlainAddress, message: unknown, timeout: number): Promise<unknown>
  stop(to: PlainAddress): void
  /** The id under which an answer to this address, which is of here, comes back. */
  idOf(address: ReplyReference): string
}

/** What nact needs of an address to find its actor. It can be cloned. */
export interface PlainAddress {
  readonly type: Reference['type']
  readonly system: { readonly name: string | undefined }
  readonly path: { readonly parts: readonly string[]; readonly system?: string | undefined }
  readonly name?: string | undefined
  readonly parent?: unknown
  readonly id?: unknown
}

/** The fields of an address that nact reads. @param idOf the id of a reply address of here; default: its number in this system */
export function plainAddress(reference: Reference, idOf?: (address: ReplyReference) => string): PlainAddress {
  const { type, system, path, name } = reference
  const address = {
    type,
    system: { name: system.name },
    path: { parts: [...(path?.parts ?? [])], system: path?.system },
    name,
  }
  if (type !== 'temp') return address
  if (!(reference instanceof ReplyReference)) return { ...address, id: (reference as { id?: unknown }).id }
  return { ...address, id: idOf?.(reference) ?? (reference.toJSON() as { id: unknown }).id }
}

/** The address again, as nact makes it: its path has a text. */
export function referenceTo({ type, system, path, name, id }: PlainAddress): Reference {
  const whole = new ActorPath(path.parts, path.system) as Reference['path']
  const reference = { type, system, path: whole, ...(name === undefined ? {} : { name }) }
  return (id === undefined ? reference : { ...reference, id }) as Reference
}

/**
 * A system that is somewhere else, under its own name: nact's `dispatch`, `query` and `stop` find its actors through it.
 *
 * It has no actors of its own: what spawns one under an address of it fails with an error that says so.
 */
export class DistantSystem {
  readonly type = 'system'
  tempReferences = new Map<unknown, ReplyTarget>()
  readonly path: Reference['path']
  readonly reference: Reference

  constructor(
    readonly name: string,
    private readonly actors: DistantActors,
  ) {
    this.path = new ActorPath([], name) as Reference['path']
    this.reference = { type: 'system', system: { name }, path: this.path, name }
    add(this)
  }

  /** nact calls this to find what is behind an address. */
  find(reference: PlainAddress | undefined): object | undefined {
    if (reference?.type === 'temp') {
      const { id } = reference
      const here = this.tempReferences.get(id)
      if (here !== undefined) return { dispatch: (message: unknown) => here.resolve(message) }
    }
    if (reference === undefined || reference.type === 'nobody') return undefined
    const proxy = new DistantNode(reference, this.actors)
    // A held address has a `reduce` of its own, which sees the message first.
    return reference.type === 'actor' ? reference.path.parts.reduce<object>(() => proxy, proxy) : proxy
  }
}

/** An actor of a distant system, as nact's functions use it. */
class DistantNode {
  constructor(
    private readonly reference: PlainAddress,
    private readonly actors: DistantActors,
  ) {}

  dispatch(message: unknown, sender: unknown): void {
    this.actors.dispatch(this.#address, message, sender)
  }

  query(message: unknown, timeout: number): Promise<unknown> {
    return this.actors.query(this.#address, message, timeout)
  }

  stop(): void {
    this.actors.stop(this.#address)
  }

  /** nact calls this before it spawns. */
  assertNotStopped(): never {
    throw new Error(
      `Actors cannot be spawned under "${this.reference.path.parts.join('/')}" from here: it is in another thread. Spawn them ` +
        'there, for example by a message to an actor that does it, or under a system of your own in this thread.',
    )
  }

  get #address(): PlainAddress {
    return plainAddress(this.reference as Reference)
  }
}
