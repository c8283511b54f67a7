import { type GenPoolError, InvalidError } from '@genpool/core'
import { textOf } from '@genpool/runtime'
import { isBadFrame } from '../wire/errors'
import { printOf } from '../wire/frames'
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

  /** These bytes cannot be read. Anybody may have sent them with the address of a call of somebody else, so the answer says which. */
  refuse(reply: string, bytes: Uint8Array, error: unknown): void {
    const { ports, counts, frames } = this.parts
    counts.bad++
    if (reply === '') return
    const message = isBadFrame(error) ? error.message : `reading it threw: ${textOf(error)}`
    const invalid = new InvalidError(`frame for "${ports.name}"`, [{ path: [], message }])
    this.send(reply, frames.refusal(invalid, printOf(bytes)))
  }
}
