import { type GenPoolError, InvalidError, isGenPoolError } from '@genpool/core'
import { type Remains, textOf } from '@genpool/runtime'
import { pathOf } from '../wire/errors'
import { failureFrame } from '../wire/failures'
import { answerFrame, Kind } from '../wire/frames'
import type { EndpointCounts, EndpointPorts } from './endpoint-ports'

/** Whether it has committed, only its pool knows. */
const RAN: Remains = { committed: 'maybe', says: 'its handler has run, and what it committed stands' }

/**
 * Makes the frames of answers. What cannot travel becomes an error for its caller. Never throws: whatever a user's value or codec
 * throws, a caller gets an outcome, and the node goes on.
 */
export class AnswerFrames {
  /** @param inHand how many requests the node works on: each answer says it */
  constructor(
    private readonly ports: Pick<EndpointPorts, 'name' | 'state' | 'settings' | 'bodies' | 'maxPayload'>,
    private readonly counts: Pick<EndpointCounts, 'answered' | 'failed'>,
    private readonly inHand: () => number,
  ) {}

  /** @param heldMs how long the node had the request */
  answer(value: unknown, heldMs?: number): Uint8Array {
    try {
      this.counts.answered++
      return answerFrame(Kind.answer, this.#facts(heldMs), this.#body(value))
    } catch (error) {
      this.counts.answered--
      const faults = [{ path: pathOf(error), message: textOf(error) }]
      return this.failure(new InvalidError(`answer of "${this.ports.name}"`, faults, error, RAN), heldMs)
    }
  }

  failure(error: unknown, heldMs?: number): Uint8Array {
    this.counts.failed++
    const known = isGenPoolError(error) ? error : new InvalidError('request', [{ path: [], message: textOf(error) }])
    return failureFrame(known as GenPoolError, this.#facts(heldMs), this.#max)
  }

  /** @param unread the print of bytes that could not be read */
  refusal(error: GenPoolError, unread: number): Uint8Array {
    this.counts.failed++
    return failureFrame(error, this.#facts(undefined), this.#max, unread)
  }

  /** Null if it cannot travel: then it is not told. @param failed told why */
  progress(value: unknown, failed: (error: unknown) => void = () => undefined): Uint8Array | null {
    try {
      return answerFrame(Kind.progress, { inHand: this.inHand() }, this.#body(value))
    } catch (error) {
      failed(error)
      return null
    }
  }

  #facts(heldMs: number | undefined) {
    return { inHand: this.inHand(), heldMs, state: this.ports.state?.at }
  }

  #body(value: unknown) {
    return { bodies: this.ports.bodies, value, max: this.#max }
  }

  get #max(): number {
    return Math.min(this.ports.settings.maxBytes, this.ports.maxPayload)
  }
}
