import type { Detail, RemoteDetail } from '../../live/messages'
import { ms, percent } from '../format'
import { table } from '../table'

/** How many members or nodes are named. */
const MOST = 8

/** The figures of a pool of the process that is looked at. */
export function poolFigures({ sample, figures, waits, bounds }: Detail): string[] {
  const value = valueOf(sample)
  const size = bounds === null ? `${figures.size}` : `${figures.size} (${bounds.min} to ${bounds.max})`
  const busy = figures.size === 0 ? 0 : figures.members.busy / figures.size
  const [first] = waits.oldest
  const oldest = first === undefined ? '' : `, the oldest for ${ms(first.waitedMs)}`
  return [
    `  wait        p50 ${value('waitP50')}, p99 ${value('waitP99')}`,
    `  run         p50 ${value('runP50')}, p99 ${value('runP99')}`,
    `  members     ${size}, ${percent(busy)} busy`,
    `  waiting     ${figures.waiting}${oldest}`,
    `  event loop  ${value('loopMs')} late`,
  ]
}

/** The figures of a pool that runs elsewhere, as the process sees it that is looked at. */
export function remoteFigures({ sample, figures, nodes, maxInFlight }: RemoteDetail): string[] {
  const value = valueOf(sample)
  const most = maxInFlight === null ? '' : ` of at most ${maxInFlight}`
  return [
    `  answer      p50 ${value('answerP50')}, p99 ${value('answerP99')}`,
    `  way         p99 ${value('wayP99')}`,
    `  nodes       ${nodes.total}${figures.connected ? '' : ', not connected'}`,
    `  in flight   ${figures.inFlight}${most}`,
    `  waiting     ${figures.waiting} here`,
    `  event loop  ${value('loopMs')} late`,
  ]
}

/** Its members, the busiest first. */
export function membersOf({ members }: Detail): string[] {
  const busiest = [...members.shown].sort((a, b) => b.forMs - a.forMs).slice(0, MOST)
  if (busiest.length === 0) return []
  const rows = busiest.map(({ name, status, does, forMs, handled, stuck }) => [
    name,
    stuck ? 'stuck' : status,
    does,
    does === '' ? '' : ms(forMs),
    String(handled),
  ])
  const more = members.total - busiest.length
  const lines = table(['member', 'state', 'does', ' for', ' handled'], rows).trimEnd().split('\n')
  return more > 0 ? [...lines, `… and ${more} more`] : lines
}

/** Its nodes, those in trouble first. */
export function nodesOf({ nodes }: RemoteDetail): string[] {
  const shown = nodes.shown.slice(0, MOST)
  if (shown.length === 0) return []
  const rows = shown.map(({ id, state, busy, size, waiting, inFlight, answerP99 }) => [
    id,
    state,
    `${busy}/${size}`,
    String(waiting),
    String(inFlight),
    answerP99 === null ? '–' : ms(answerP99),
  ])
  const lines = table(['node', 'state', ' busy', ' waiting', ' in flight', ' answer p99'], rows).trimEnd().split('\n')
  const more = nodes.total - shown.length
  return more > 0 ? [...lines, `… and ${more} more`] : lines
}

function valueOf(sample: Detail['sample']): (name: string) => string {
  return (name) => (typeof sample[name] === 'number' ? ms(sample[name]) : '–')
}
