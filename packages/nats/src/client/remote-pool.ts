import type { CallOptions, CastOptions, CastResult, Explanation } from '@genpool/core'
import type { PoolElsewhere } from '@genpool/core/elsewhere'
import type { Change } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { changeOptions } from './change-options'
import { explainRemote } from './explain-remote'
import { inspectRemote, type RemoteInspection } from './inspect-remote'
import { NONE } from './prepare'
import type { CheckedRemoteOptions, RemotePoolChanges } from './remote-options'
import { Requests } from './requests'

/** A pool that other processes serve, as its address here is used. */
export class RemotePool implements PoolElsewhere {
  readonly intake = {
    call: (message: unknown): Promise<unknown> => this.#requests.ask('call', message, NONE),
    cast: (message: unknown, options: CastOptions = NONE): CastResult => this.#requests.cast(message, options),
  }
  readonly #requests: Requests

  constructor(connection: NatsConnection, options: CheckedRemoteOptions) {
    this.#requests = new Requests(connection, options)
  }

  get name(): string {
    return this.#requests.name
  }

  get mostAtOnce(): number {
    const { roster, options } = this.#requests
    const sizes = roster.nodes.reduce((sum, { said }) => sum + said.size, 0)
    return Math.max(1, Math.min(sizes, options.maxInFlight))
  }

  call(message: unknown, options: CallOptions): Promise<unknown> {
    return this.#requests.ask('call', message, options)
  }

  query(message: unknown, timeout: number): Promise<unknown> {
    return this.#requests.ask('query', message, { timeout })
  }

  dispatch(message: unknown, answer: ((value: unknown) => void) | undefined): void {
    if (answer === undefined) return void this.#requests.cast(message, NONE)
    this.#requests.ask('dispatch', message, NONE).then(answer, () => undefined)
  }

  ready(): Promise<void> {
    return this.#requests.ready()
  }

  inspect(): RemoteInspection {
    return inspectRemote(this.#requests, this.#requests.pending.now())
  }

  explain(): Explanation {
    return explainRemote(this.#requests, this.#requests.pending.now())
  }

  configure(changes: RemotePoolChanges): readonly Change[] {
    const { options, changed } = changeOptions(this.#requests.options, changes)
    this.#requests.configure(options)
    return changed
  }

  stop(): void {
    this.#requests.stop()
  }
}
