import type { Reference } from '@genpool/runtime'
import type { Logger, Ref } from 'nact'
import type { MemberContext } from './context'

/** What contexts show of the actor of a pool. */
export interface FacedActor {
  readonly name: string
  readonly reference: Reference
  readonly path: Reference['path']
  readonly parent?: { readonly reference: Reference } | undefined
  readonly log: unknown
  readonly childReferences: ReadonlyMap<string, unknown>
}

/** What every context says about its pool. There is one per pool; contexts read it. */
export class PoolFacts {
  readonly self: Ref<unknown>
  readonly parent: Ref<unknown>
  private readonly actor: FacedActor

  constructor(actor: FacedActor) {
    this.self = actor.reference as never
    this.parent = actor.parent?.reference as never
    this.actor = actor
  }

  get path(): MemberContext['path'] {
    return this.actor.path as never
  }

  get name(): string {
    return this.actor.name
  }

  get log(): Logger {
    return this.actor.log as Logger
  }

  /** The actors that handlers have spawned: a copy, as in nact. */
  get children(): Map<string, Ref<unknown>> {
    const references = this.actor.childReferences as Map<string, Ref<unknown>>
    return references.size > 0 ? new Map(references) : noChildren()
  }
}

let none = new Map<string, Ref<unknown>>()

/** Returns an empty map for a pool without children. If a reader has added to it, the next reader gets a new one. */
function noChildren(): Map<string, Ref<unknown>> {
  if (none.size > 0) none = new Map()
  return none
}
