import { type GenPoolError, InvalidError } from '@genpool/core'
import { textOf } from '@genpool/runtime'
import { isBadFrame } from '../wire/errors'
import type { AnswerFrames } from './answer-frames'
import type { EndpointCounts, EndpointPorts } from './endpoint-ports'
import type { Memory } from './memory'

/** What the answers of a node need. */
interface AnswersParts {
  readonly ports: Pick<EndpointPorts, 'name' | 'clock' | 'publish'>
  readonly counts: Pick<EndpointCounts, 'bad'>
  readonly frames: AnswerFrames
  readonly memory: Memory
}

/** Sends answers to those who wait for them. An empty address means that nobody does. */
export class Answers {
  constructor(private readonly parts: AnswersParts) {}

  send(reply: string, frame: Uint8Array | null): void {
    if (reply !== '' && frame !== null) this.parts.ports.publish(reply, frame)
  }

  /** Sends the answer of what did not count as running, and keeps it for whoever asks again. */
  sendNoted(reply: string, frame: Uint8Array): void {
    const { memory, ports } = this.parts
    if (reply !== '') memory.note(reply, frame, ports.clock.now())
    this.send(reply, frame)
  }

  fail(reply: string, error: GenPoolError): void {
    if (reply !== '') this.send(reply, this.parts.frames.failure(error))
  }

  /** What came cannot be read. */
  refuse(reply: string, error: unknown): void {
    const { ports, counts } = this.parts
    counts.bad++
    const message = isBadFrame(error) ? error.message : `reading it threw: ${textOf(error)}`
    this.fail(reply, new InvalidError(`frame for "${ports.name}"`, [{ path: [], message }]))
  }
}
