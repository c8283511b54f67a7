import type { GenPoolError } from '@genpool/runtime'
import { invalidAnswer } from '../behaviours/check-step'
import type { Rarely } from './rarely'
import type { Commit } from './request-owner'

/** A request (`R`) that was answered with a value that is no answer. */
interface Refusing<R> {
  readonly type: string
  readonly commit: Commit | null
  readonly runner: { holdsAnswersOf(request: R): boolean } | null
  readonly owner: { readonly failures: { noAnswer(request: R, value: unknown): GenPoolError } }
  extend(): Rarely
  committed(): void
  fail(error: GenPoolError): boolean
}

/** Fails a request for the value that it was answered with. If its commit is being written, that happens after the commit. */
export function refuseAnswer<R extends Refusing<R>>(request: R, value: unknown): boolean {
  const { commit } = request
  if (request.runner?.holdsAnswersOf(request) === true) {
    if (commit === null || commit === 'shared') return request.fail(invalidAnswer(request.type, value))
    // Its commit can be refused no more: its caller is told after it what became of that.
    if (commit === 'written') {
      request.extend().held = { value, isRefused: true }
      return true
    }
    request.committed()
  }
  return request.fail(request.owner.failures.noAnswer(request, value))
}
