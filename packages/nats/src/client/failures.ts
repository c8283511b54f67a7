import { CancelledError, DroppedError, ExpiredError, InvalidError, StoppedError, UnreachableError } from '@genpool/core'
import {
  count,
  type GenPoolError,
  type Nanos,
  NS_PER_MS,
  READ_FIRST,
  type Remains,
  round,
  showNumber,
  textOf,
} from '@genpool/runtime'
import { CLOSED } from '../link'
import type { Node } from '../nodes/node'
import { pathOf } from '../wire/errors'
import type { RemoteRequest } from './remote-request'

/** Only its node knows, and it is not asked any more. */
const MAY_BE_COMMITTED = 'its node may have committed it'
const MAY_HAVE_RUN: Remains = {
  committed: 'maybe',
  says: 'its handler may have run, and what it committed stands',
}

/** Makes the errors of one remote pool that are not those of its nodes. */
export class RemoteFailures {
  /** For how many milliseconds a drain has waited when it was cut short; negative if none was. */
  drainedFor = -1

  constructor(private readonly pool: string) {}

  /** This client has as many requests in flight as it may. */
  full(inFlight: number, maxInFlight: number): DroppedError {
    const says = `This client has ${count(inFlight, 'request')} in flight, and "maxInFlight" is ${maxInFlight}. Send fewer at once, or raise it.`
    return new DroppedError(this.pool, { reason: 'max', waitedMs: 0, queueLength: inFlight }, { says })
  }

  expired(request: RemoteRequest, now: Nanos): ExpiredError {
    const waitedMs = (now - request.createdAt) / NS_PER_MS
    const timeoutMs = (request.deadline - request.createdAt) / NS_PER_MS
    const started = wasSent(request)
    const says = started
      ? 'See inspect(pool) of both sides. Add nodes or members, make the handler faster, or raise "timeout".'
      : 'It waited here for a connection or a node. See inspect(pool).'
    const why = `the request was ${whereIs(request)}, and may be committed`
    return new ExpiredError(this.pool, waitedMs, started, { says, why }, timeoutMs, started)
  }

  /** The budget that it took along has passed at its node: for its caller, that is the timeout that it has asked for. */
  expiredThere(request: RemoteRequest, error: GenPoolError, now: Nanos): GenPoolError {
    const waitedMs = (now - request.createdAt) / NS_PER_MS
    const timeoutMs = (request.deadline - request.createdAt) / NS_PER_MS
    // What the node says of its reason follows the first time.
    const [, ...why] = error.message.split(' ms: ')
    if (why.length === 0 || timeoutMs === Infinity) return error
    const { node } = request
    const at = node === null ? '' : ` (at node "${node.id}")`
    const message = `"${this.pool}" did not answer within ${showNumber(timeoutMs)} ms${at}: ${why.join(' ms: ')}`
    return Object.assign(error, { message, target: this.pool, waitedMs })
  }

  cancelled(request: RemoteRequest, reason: unknown): CancelledError {
    if (!wasSent(request)) return new CancelledError(this.pool, false, reason)
    const says = `A request to "${this.pool}" was cancelled by its caller while it was ${whereIs(request)}, and may be committed. ${READ_FIRST}`
    return new CancelledError(this.pool, true, reason, says, MAY_BE_COMMITTED)
  }

  stopped(request: RemoteRequest | null): StoppedError {
    const why = this.drainedFor < 0 || request === null ? STOPPED : cutShort(this.drainedFor)
    if (request === null || !wasSent(request)) return new StoppedError(this.pool, false, undefined, why)
    const so = `a request to it failed while it was ${whereIs(request)}, and may be committed`
    return new StoppedError(this.pool, true, undefined, { ...why, so }, MAY_BE_COMMITTED)
  }

  /** Its address here takes nothing new. */
  draining(): StoppedError {
    return new StoppedError(this.pool, false, undefined, DRAINING)
  }

  /** Nobody serves the pool. */
  nobody(mayHaveRun: boolean): UnreachableError {
    const says = `nobody serves "${this.pool}" on NATS. Start a node with serve(), and look at "nats service ls".`
    return new UnreachableError(this.pool, mayHaveRun, { says })
  }

  /** Somebody listens where nodes are asked, and nobody has answered. */
  unheard(mayHaveRun: boolean): UnreachableError {
    const says = `nobody who serves "${this.pool}" on NATS has answered within "silentAfter": the processes of its nodes stand still, or are cut off. Look at them, and at "nats service ls".`
    return new UnreachableError(this.pool, mayHaveRun, { says })
  }

  /** The node that had it is gone. */
  lost(node: string): UnreachableError {
    const says = `node "${node}", which had the request, is gone or answers no more. What may run twice can be called with { idempotent: true }: another node gets it then.`
    return new UnreachableError(this.pool, true, { says }, node)
  }

  /** NATS does not let the node publish answers to this client. */
  mute(node: string, mayHaveRun: boolean): UnreachableError {
    const says = `NATS does not let node "${node}" publish to the inbox of this client, so it cannot answer. Look at the permissions of the account of the node.`
    return new UnreachableError(this.pool, mayHaveRun, { says }, node)
  }

  /** Nobody listened at the addresses of some nodes, this one the last. */
  absent(node: string): UnreachableError {
    return new UnreachableError(
      this.pool,
      false,
      {
        says: `node "${node}" is not there any more, and no other has taken it. Send it again, or use a durable cast.`,
      },
      node,
    )
  }

  closed(mayHaveRun: boolean, cause?: unknown): UnreachableError {
    const says =
      cause === undefined
        ? `${CLOSED} Open another one, and make the remote pool again with it.`
        : `NATS refuses it: ${textOf(cause)}.`
    return new UnreachableError(this.pool, mayHaveRun, { says, cause })
  }

  /** It was refused elsewhere after it may have run. */
  uncertain(cause: Error): UnreachableError {
    const says = 'a node that had the request is gone, and the others did not take it.'
    return new UnreachableError(this.pool, true, { says, cause })
  }

  /** No node has a handler for a cast. */
  unknownCast(type: string | null, nodes: readonly Pick<Node, 'types'>[]): InvalidError {
    const known = [...new Set(nodes.flatMap(({ types }) => [...(types?.casts ?? [])]))]
    const have =
      known.length === 0 ? 'There is none for casts.' : `There are handlers for the casts ${known.join(', ')}.`
    const what = type === null ? 'a message without a type' : `the cast "${type}"`
    const path = type === null ? [] : ['type']
    const message = `${nodes.length === 1 ? 'the one node has no' : `none of the ${nodes.length} nodes has a`} handler for ${what}. ${have}`
    return new InvalidError(`message to remote pool "${this.pool}"`, [{ path, message }])
  }

  /** A message cannot travel. */
  notCarried(error: unknown): InvalidError {
    const faults = [{ path: pathOf(error), message: textOf(error) }]
    return new InvalidError(`message to remote pool "${this.pool}"`, faults, error)
  }

  /** A key cannot travel. */
  keyNotCarried(error: unknown): InvalidError {
    const faults = [{ path: pathOf(error), message: textOf(error) }]
    return new InvalidError(`key of a message to remote pool "${this.pool}"`, faults, error)
  }

  /** The node answered with something that cannot be read. */
  badAnswer(node: string, error: unknown): InvalidError {
    const faults = [{ path: [], message: textOf(error) }]
    return new InvalidError(`answer of node "${node}" of remote pool "${this.pool}"`, faults, error, MAY_HAVE_RUN)
  }
}

const STOPPED = { advice: 'Make a new one with remotePool().' }
const DRAINING = {
  is: 'is draining here',
  advice: 'Its address takes nothing new: send it before drain(pool), or make a new one with remotePool().',
}

function cutShort(within: number): { is: string; advice: string } {
  return {
    is: `has stopped here, since drain(pool) was to wait for ${round(within)} ms at most`,
    advice: 'Give "within" more time, or send less before drain(pool).',
  }
}

/** Where a request is that was sent, as far as this client can know. */
function whereIs({ node }: RemoteRequest): string {
  return node === null ? 'at a node, which had not answered' : `at node "${node.id}", which had not answered`
}

/** Whether it may have been run: it was sent, and nobody has said that it did not run. */
export function wasSent(request: RemoteRequest): boolean {
  return request.node !== null || request.mayHaveRun
}
