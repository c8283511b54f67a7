import { keepLimitedShape } from '@genpool/broker'
import { keepShape } from '@genpool/runtime'
import type { Handler } from '../behaviours/handler'
import { Request } from './request'
import type { RequestOwner } from './request-owner'

const specimen = (): Request => new Request({} as RequestOwner<Request>, 'cast', {} as Handler, undefined, null, 0)

keepShape(specimen())

let limitedIsKept = false

/** Keeps the shape of requests under limits. Call it before the first of them. */
export function keepLimitedRequests(): void {
  if (!limitedIsKept) keepLimitedShape(specimen())
  limitedIsKept = true
}
