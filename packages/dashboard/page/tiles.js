/** @import { AnyDetail, Detail } from '../src/live/messages' */
import { byId, make, setAttribute, setText, showList } from './dom.js'
import { count, duration, percent, rate } from './format.js'
import { loss } from './loss-tile.js'
import { remoteTilesOf } from './remote-tiles.js'

/**
 * @typedef {object} Tile
 * @property {string} key
 * @property {string} name
 * @property {number} value what `inspect` says
 * @property {string} text
 * @property {string} note
 * @property {boolean} [alarming]
 */

const list = byId('tiles')

/** @param {AnyDetail} detail */
export function showTiles(detail) {
  showList(list, detail.kind === 'remote' ? remoteTilesOf(detail) : tilesOf(detail), {
    key: ({ key }) => key,
    create,
    update,
  })
}

/**
 * @param {Detail} detail
 * @returns {readonly Tile[]}
 */
function tilesOf({ figures, sample, waits }) {
  const { members, sojourn, run, size, waiting, utilisation, outcomes } = figures
  const [oldest] = waits.oldest
  const dropped = Object.values(figures.drops).reduce((sum, n) => sum + n, 0)
  const errors = outcomes.crashed + outcomes.expired + outcomes.conflict + outcomes.invalid + outcomes.stopped
  return [
    {
      key: 'replied',
      name: 'Answered',
      value: outcomes.replied,
      text: rate(sample.replied),
      note: `${count(outcomes.replied)} in all`,
    },
    {
      key: 'wait',
      name: 'Wait p99',
      value: sojourn.p99,
      text: sojourn.count === 0 ? '–' : duration(sojourn.p99),
      note: sojourn.count === 0 ? 'nothing ran lately' : `p50 ${duration(sojourn.p50)}`,
    },
    {
      key: 'run',
      name: 'Run p99',
      value: run.p99,
      text: run.count === 0 ? '–' : duration(run.p99),
      note: run.count === 0 ? 'nothing ran lately' : `p50 ${duration(run.p50)}`,
    },
    {
      key: 'waiting',
      name: 'Waiting',
      value: waiting,
      text: count(waiting),
      note: oldest === undefined ? 'nothing waits' : `oldest ${duration(oldest.waitedMs)}`,
    },
    {
      key: 'busy',
      name: 'Busy',
      value: members.busy,
      text: `${count(members.busy)} of ${count(size)}`,
      note: members.starting > 0 ? `${count(members.starting)} starting` : `${percent(utilisation)} in use`,
    },
    loss('dropped', 'Dropped', dropped, sample.dropped),
    loss('errors', 'Errors', errors, sample.errors),
    {
      key: 'restarts',
      name: 'Replaced',
      value: figures.restarts,
      text: count(figures.restarts),
      note: figures.restarts === 1 ? 'member' : 'members',
    },
  ]
}

/** @param {Tile} tile */
function create({ key, name }) {
  return make(
    'div',
    { 'data-tile': key },
    make('dt', {}, name),
    make('dd', {}, make('data')),
    make('dd', { class: 'note' }),
  )
}

/** @param {HTMLElement} element @param {Tile} tile */
function update(element, { value, text, note, alarming = false }) {
  const data = element.querySelector('data')
  if (data === null) return
  setAttribute(data, 'value', String(value))
  setText(data, text)
  setText(/** @type {Element} */ (element.lastElementChild), note)
  setAttribute(element, 'data-alarming', alarming)
}
