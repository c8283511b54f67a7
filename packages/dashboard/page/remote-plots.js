/** @import { PlotPlan, Threshold } from './plots.js' */
import { count, duration, rate } from './format.js'
import { PLOTS } from './plots.js'

const none = () => /** @type {Threshold[]} */ ([])
/** @param {string} key */
const asEverywhere = (key) => PLOTS.filter((plan) => plan.key === key)

/**
 * The plots of a pool that runs elsewhere, as this process sees it.
 *
 * @type {readonly PlotPlan[]}
 */
export const REMOTE_PLOTS = [
  {
    key: 'answer',
    title: 'Time to an answer',
    show: duration,
    series: () => [
      ['answerP99', 'p99'],
      ['answerP50', 'p50'],
    ],
    thresholds: none,
  },
  ...asEverywhere('throughput'),
  {
    key: 'in-flight',
    title: 'In flight from here, and waiting',
    show: count,
    whole: true,
    series: () => [
      ['inFlight', 'in flight'],
      ['waiting', 'waiting'],
    ],
    thresholds: (detail) =>
      detail.kind === 'remote' && detail.maxInFlight !== null && detail.figures.inFlight > detail.maxInFlight / 10
        ? [{ name: 'maxInFlight', value: detail.maxInFlight }]
        : [],
  },
  {
    key: 'nodes',
    title: 'Nodes',
    show: count,
    whole: true,
    series: () => [
      ['alive', 'alive'],
      ['doubtful', 'doubtful'],
      ['leaving', 'leaving'],
    ],
    thresholds: none,
  },
  {
    key: 'way',
    title: 'Round trip to the farthest node',
    show: duration,
    series: () => [['wayP99', 'p99']],
    thresholds: none,
  },
  {
    key: 'dropped',
    title: 'Dropped, and sent again',
    show: rate,
    series: () => [
      ['dropped', 'dropped'],
      ['again', 'sent again'],
    ],
    thresholds: none,
  },
  ...asEverywhere('errors'),
  ...asEverywhere('loop'),
]
