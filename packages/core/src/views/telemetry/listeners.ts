import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { PoolEvent, PoolEventName, StoreEvent } from './events'

/** What all events of pools have in common, or those of a store. */
export type AnyEvent = PoolEvent | StoreEvent

/** A listener, with its place in the order in which all were added. */
interface Entry {
  readonly place: number
  readonly listener: (event: AnyEvent) => void
}

/** The listeners that hear of the same events. */
class Group {
  readonly #entries = new Set<Entry>()
  #list: readonly Entry[] | null = null

  get size(): number {
    return this.#entries.size
  }

  /** In the order in which they were added. A change makes a new list: who goes through this one is not affected. */
  get list(): readonly Entry[] {
    return (this.#list ??= [...this.#entries])
  }

  add(entry: Entry): void {
    this.#entries.add(entry)
    this.#list = null
  }

  /** @returns whether it was there */
  delete(entry: Entry): boolean {
    this.#list = null
    return this.#entries.delete(entry)
  }
}

/**
 * All listeners of one channel, by what they listen to. Together they are one subscriber, from the first to the last.
 *
 * Node copies the list of subscribers with each change, and calls each one for each event: with a subscriber for each of many
 * pools, an event of one pool would pay for all others.
 */
export class Listeners {
  readonly #everywhere = new Group()
  readonly #bySource = new Map<object, Group>()
  #added = 0

  constructor(private readonly channel: PoolEventName) {}

  /**
   * Adds a listener, for events about `source` (the address of a pool, or a store), or for all.
   *
   * They are called in the order in which they were added. An event goes to those that are there when its delivery begins.
   *
   * @returns a function that removes it; a second call does nothing
   */
  add(listener: (event: AnyEvent) => void, source?: object): () => void {
    const entry = { place: this.#added++, listener }
    if (this.#everywhere.size === 0 && this.#bySource.size === 0) subscribe(this.channel, this.#deliver)
    this.#groupOf(source).add(entry)
    return () => this.#remove(entry, source)
  }

  #remove(entry: Entry, source: object | undefined): void {
    const group = this.#groupOf(source)
    const removed = group.delete(entry)
    if (source !== undefined && group.size === 0) this.#bySource.delete(source)
    if (removed && this.#everywhere.size === 0 && this.#bySource.size === 0) unsubscribe(this.channel, this.#deliver)
  }

  #groupOf(source: object | undefined): Group {
    if (source === undefined) return this.#everywhere
    const group = this.#bySource.get(source) ?? new Group()
    this.#bySource.set(source, group)
    return group
  }

  readonly #deliver = (message: unknown): void => {
    const event = message as AnyEvent
    const own = this.#bySource.get(sourceOf(event))?.list ?? []
    for (const { listener } of inOrder(own, this.#everywhere.list)) listener(event)
  }
}

/** What an event is about: a pool, or the store in which pools keep their states. */
function sourceOf(event: AnyEvent): object {
  return 'ref' in event ? event.ref : event.store
}

function inOrder(some: readonly Entry[], others: readonly Entry[]): readonly Entry[] {
  if (some.length === 0) return others
  if (others.length === 0) return some
  return [...some, ...others].sort((a, b) => a.place - b.place)
}
