import type { IncomingMessage, ServerResponse } from 'node:http'
import { Site } from './http/site'
import { checkedOptions, type DashboardOptions } from './options'

/** A dashboard for a server that you have. */
export interface Dashboard {
  /** Answers a request of Node's `http`, of express (`app.use('/pools', handler)`), or of anything that has the two. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  /** Stops to measure, and ends all open pages. */
  readonly close: () => void
}

/**
 * Makes a live page over pools, to mount into a server that you have. `serveDashboard` brings a server of its own.
 *
 * It measures each pool once a second from now on, so a page that opens shows the last ten minutes.
 *
 * @throws {OptionsError} if an option is wrong; nothing is started
 * @example createServer(createDashboard({ pools: [db], path: '/pools' }).handler).listen(4000, '127.0.0.1')
 */
export function createDashboard(options: DashboardOptions): Dashboard {
  const site = new Site(checkedOptions(options))
  return {
    handler: (request, response) => void site.answer(request, response),
    close: () => site.close(),
  }
}
