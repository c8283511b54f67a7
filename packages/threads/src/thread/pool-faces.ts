import type { Definition, Errand, LocalPoolSetup } from '@genpool/core/elsewhere'
import type { Clock, ReplyReference } from '@genpool/runtime'
import { keptAnswer } from '../protocol/kept-answer'
import type { Setup } from '../protocol/messages'
import type { EncodedValue } from '../values/errors'
import { poolActor } from './faces'
import type { Outbox } from './outbox'
import { MainSystem } from './system'

/** The pool, its system and the reply addresses of its messages, as handlers in this thread see them. */
export class PoolFaces {
  readonly local: LocalPoolSetup
  readonly #main: MainSystem
  /** Those whose reply address was sent away. */
  readonly #opened = new Map<number, Errand>()

  constructor(
    private readonly setup: Setup,
    { definition, clock }: { readonly definition: Definition; readonly clock: Clock },
    private readonly outbox: Outbox,
    flushLater: () => void,
  ) {
    this.#main = new MainSystem(setup.self.system.name ?? '', outbox, flushLater, (address) => this.#open(address))
    const actor = poolActor(setup, this.#main.system, outbox, flushLater)
    this.local = { definition, actor, stateOptions: setup.stateOptions, clock }
  }

  #open(address: ReplyReference): string {
    const errand = (address as unknown as { readonly target: Errand }).target
    if (!this.#opened.has(errand.id)) this.outbox.add(['opened', errand.id])
    this.#opened.set(errand.id, errand)
    const { self, member } = this.setup
    return `thread:${self.path.parts.join('/')}/${member.name}/${errand.id}`
  }

  /** An answer has come to a reply address that was sent away. The owner keeps it under this number. */
  resolved(id: number, kept: number): void {
    this.#opened.get(id)?.resolve(keptAnswer(kept))
  }

  /** The answer to a query of a handler has come. */
  queried(query: number, value: unknown, error: EncodedValue | null): void {
    this.#main.answered(query, value, error)
  }

  /** A message has its outcome. */
  settled(errand: Errand): void {
    this.#opened.delete(errand.id)
  }
}
