/** @import { AnyDetail } from '../src/live/messages' */
/** @import { Past } from './past.js' */
import { count, duration, rate } from './format.js'

/**
 * @typedef {object} Threshold
 * @property {number} value
 * @property {string} name
 *
 * @typedef {object} PlotPlan
 * @property {string} key
 * @property {string} title
 * @property {(value: number) => string} show
 * @property {true} [whole] whether it counts things
 * @property {(past: Past) => readonly (readonly [column: string, label: string])[]} series
 * @property {(detail: AnyDetail) => readonly Threshold[]} thresholds
 */

const none = () => /** @type {Threshold[]} */ ([])

/** @param {string} name @param {number | null | undefined} value */
const line = (name, value) => (value === null || value === undefined ? [] : [{ name, value }])

/**
 * The plots of a pool, in the order of the page: what callers feel first.
 *
 * @type {readonly PlotPlan[]}
 */
export const PLOTS = [
  {
    key: 'wait',
    title: 'Wait before a run',
    show: duration,
    series: () => [
      ['waitP99', 'p99'],
      ['waitP50', 'p50'],
    ],
    thresholds: (detail) =>
      detail.kind === 'pool' ? line(detail.thresholds.targetName, detail.thresholds.target) : [],
  },
  {
    key: 'throughput',
    title: 'Throughput',
    show: rate,
    series: () => [
      ['replied', 'answered'],
      ['arrived', 'arrived'],
    ],
    thresholds: none,
  },
  {
    key: 'waiting',
    title: 'Waiting requests',
    show: count,
    whole: true,
    series: () => [['waiting', 'waiting']],
    // Far away, it would only press the line to the ground.
    thresholds: (detail) => {
      const max = detail.kind === 'pool' ? detail.thresholds.max : null
      return max !== null && detail.figures.waiting > max / 10 ? line('max', max) : []
    },
  },
  {
    key: 'members',
    title: 'Members',
    show: count,
    whole: true,
    series: (past) => [
      ['busy', 'busy'],
      ['idle', 'idle'],
      ['starting', 'starting'],
      .../** @type {[string, string][]} */ (past.namesOf('limit').map((name) => [name, 'limit'])),
    ],
    thresholds: (detail) =>
      detail.kind === 'pool' ? [...line('size', detail.figures.size), ...line('size.max', detail.bounds?.max)] : [],
  },
  {
    key: 'run',
    title: 'Run of a handler',
    show: duration,
    series: () => [
      ['runP99', 'p99'],
      ['runP50', 'p50'],
    ],
    thresholds: none,
  },
  {
    key: 'drops',
    title: 'Dropped, by reason',
    show: rate,
    series: (past) => {
      const names = past.namesOf('drop:')
      return names.length === 0 ? [['dropped', 'none']] : names.map((name) => [name, name.slice('drop:'.length)])
    },
    thresholds: none,
  },
  { key: 'errors', title: 'Errors', show: rate, series: () => [['errors', 'errors']], thresholds: none },
  {
    key: 'loop',
    title: 'Event loop delay',
    show: duration,
    series: () => [['loopMs', 'longest in a second']],
    thresholds: none,
  },
]
