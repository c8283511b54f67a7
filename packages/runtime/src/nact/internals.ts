import { Nobody, type Ref } from 'nact'
import { Actor } from 'nact/lib/actor'
import { SupervisionActions } from 'nact/lib/supervision'
import { find } from 'nact/lib/system-map'

/** An address as nact makes it: a path, not an identity. It also reaches a later actor with the same path. */
export interface Reference {
  readonly type: 'actor' | 'temp' | 'system' | 'nobody'
  readonly system: { readonly name: string | undefined }
  readonly path: { readonly parts: readonly string[]; readonly system?: string; toString(): string }
  readonly name?: string
}

/** Receives the answer that is sent to a temporary address. */
export interface ReplyTarget {
  resolve(value: unknown): void
}

/** The internal fields that nact's systems and actors share. */
interface ConcreteNode {
  readonly name: string
  readonly reference: Reference
  readonly path: Reference['path']
  readonly system: ConcreteSystem
  readonly children: Map<string, ConcreteActor>
  readonly childReferences: Map<string, Reference>
  stopped: boolean
  stop(): void
  childSpawned(child: ConcreteActor): void
  childStopped(child: ConcreteActor): void
  handleFault(message: unknown, sender: unknown, error: unknown, child: Reference): void
}

/** nact's actor system, with its internal fields. */
export interface ConcreteSystem extends ConcreteNode {
  tempReferences: Map<unknown, ReplyTarget>
  readonly parent?: undefined
}

/** nact's actor, with its internal fields. */
export interface ConcreteActor extends ConcreteNode {
  parent?: ConcreteParent | undefined
  readonly log: unknown
  dispatch(message: unknown, sender?: unknown): void
  query(message: unknown, timeout: number): Promise<unknown>
  reset(): void
  resume(): void
}

/** A parent of actors: the system or an actor. */
export type ConcreteParent = ConcreteSystem | ConcreteActor

/** The class of nact's actors, which `BaseActor` extends. */
export const ConcreteActorClass = Actor as abstract new (
  ...args: [parent: ConcreteParent, name: string | undefined, system: ConcreteSystem, f: unknown, properties?: object]
) => Constructed

interface Constructed extends ConcreteActor {
  /** Called by the constructor; nact runs the user's `initialStateFunc` here. */
  initializeState(): void
}

/** The decisions that nact's `onCrash` can return. */
export const supervision = SupervisionActions as Readonly<
  Record<
    | 'stop'
    | 'stopAll'
    | 'stopChild'
    | 'stopAllChildren'
    | 'escalate'
    | 'resume'
    | 'reset'
    | 'resetAll'
    | 'resetChild'
    | 'resetAllChildren',
    symbol
  >
>

/** nact's empty address: `ctx.sender` of a message that was sent without a sender. */
export const nobody = new Nobody() as unknown as Reference

/** Finds the actor or system behind an address. Undefined if it has stopped or never existed. */
export function findActor(ref: Ref<never> | Reference): ConcreteParent | undefined {
  const reference = ref as Reference
  return find(reference.system.name ?? '', reference) as ConcreteParent | undefined
}

/** The system with this name; undefined if it has stopped. */
export function systemOf(name: string): ConcreteSystem | undefined {
  return find(name) as ConcreteSystem | undefined
}
