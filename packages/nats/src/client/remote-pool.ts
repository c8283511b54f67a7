import type { CallOptions, CastOptions, CastResult, Explanation, GenPoolError } from '@genpool/core'
import type { Figure, PoolElsewhere } from '@genpool/core/elsewhere'
import type { Change } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { faultOf } from './call-options'
import { changeOptions } from './change-options'
import { explainRemote } from './explain-remote'
import { inspectRemote, type RemoteInspection } from './inspect-remote'
import { NONE } from './prepare'
import { RemoteClient } from './remote-client'
import { figuresOf } from './remote-figures'
import type { CheckedRemoteOptions, RemotePoolChanges } from './remote-options'

/** A pool that other processes serve, as its address here is used. */
export class RemotePool implements PoolElsewhere {
  readonly intake = {
    call: (message: unknown): Promise<unknown> => this.#client.ask('call', message, NONE),
    cast: (message: unknown, options: CastOptions = NONE): CastResult => this.#client.cast(message, options),
  }
  readonly #client: RemoteClient

  /** @param end stops its address @param castLost told of messages without a caller that are lost */
  constructor(
    connection: NatsConnection,
    options: CheckedRemoteOptions,
    private readonly end: () => void,
    private readonly castLost: (message: unknown, error: GenPoolError) => void,
  ) {
    this.#client = new RemoteClient(connection, options, castLost)
  }

  get name(): string {
    return this.#client.name
  }

  get mostAtOnce(): number {
    const { roster, options } = this.#client
    const sizes = roster.nodes.reduce((sum, { said }) => sum + said.size, 0)
    return Math.max(1, Math.min(sizes, options.maxInFlight))
  }

  call(message: unknown, options: CallOptions): Promise<unknown> {
    return this.#client.ask('call', message, options)
  }

  checkCalls(options: CallOptions): void {
    const fault = faultOf(this.name, 'call', options)
    if (fault !== undefined) throw fault
  }

  query(message: unknown, timeout: number): Promise<unknown> {
    return this.#client.ask('query', message, { timeout })
  }

  dispatch(message: unknown, answer: ((value: unknown) => void) | undefined): void {
    if (answer === undefined) {
      const result = this.#client.cast(message, NONE)
      return result.ok ? undefined : this.castLost(message, result.error)
    }
    this.#client.ask('dispatch', message, NONE).then(answer, () => undefined)
  }

  ready(): Promise<void> {
    return this.#client.ready()
  }

  inspect(): RemoteInspection {
    return inspectRemote(this.#client, this.#client.pending.now())
  }

  explain(): Explanation {
    return explainRemote(this.#client, this.#client.pending.now())
  }

  figures(): Figure[] {
    return figuresOf(this.inspect())
  }

  getOptions(): CheckedRemoteOptions {
    return { ...this.#client.options }
  }

  idle(signal: AbortSignal | undefined): Promise<void> {
    return this.#client.waits.idle(signal)
  }

  when(
    condition: { readonly waitingBelow: number; readonly runningBelow: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return this.#client.waits.when(condition, signal)
  }

  async drain(withinMs: number): Promise<void> {
    await this.#client.waits.drain(withinMs)
    this.end()
  }

  configure(changes: RemotePoolChanges): readonly Change[] {
    const { options, changed } = this.#changed(changes)
    this.#client.configure(options)
    return changed
  }

  preview(changes: RemotePoolChanges): readonly Change[] {
    return this.#changed(changes).changed
  }

  #changed(changes: RemotePoolChanges): ReturnType<typeof changeOptions> {
    if (this.#client.phase === 'stopped') throw this.#client.stopped
    return changeOptions(this.#client.options, changes)
  }

  stop(): void {
    this.#client.stop()
  }
}
