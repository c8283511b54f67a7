import type { StateAt } from '../wire/frames'

/**
 * Which version of the state that its nodes share this client has seen: in the answers that it got. Each request says it, so that a node
 * that is behind catches up first: a caller never reads less than what was answered to it.
 */
export class Reads {
  #at: StateAt | undefined

  /** What the next request should see. Undefined without such a state. */
  get at(): StateAt | undefined {
    return this.#at
  }

  /** @param asked what the request said that was answered */
  saw(answered: StateAt, asked: StateAt | undefined): void {
    const known = this.#at
    const isOther = known === undefined || known.place !== answered.place
    // The node has asked the server, and there is no such version: somebody has restored the state.
    const isReset = asked !== undefined && asked.place === answered.place && answered.version < asked.version
    if (isOther || isReset || answered.version > known.version) this.#at = answered
  }
}
