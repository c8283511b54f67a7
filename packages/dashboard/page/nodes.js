/** @import { NodeRow, RemoteDetail } from '../src/live/messages' */
import { byId, make, setAttribute, setText, showList } from './dom.js'
import { count, duration } from './format.js'

const COLUMNS = ['Node', 'State', 'Busy', 'Waiting', 'In flight', 'Answered'].concat([
  'Answer p99',
  'Round trip p99',
  'Run p99',
  'Heard',
  'Up',
  'Version',
])
const SHAPES = { alive: '●', 'warming up': '◐', doubtful: '▲', leaving: '◆' }

const body = make('tbody')
const more = make('p', { class: 'quiet' })
byId('nodes').append(
  make(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of nodes' },
    make(
      'table',
      {},
      make('thead', {}, make('tr', {}, ...COLUMNS.map((name) => make('th', { scope: 'col' }, name)))),
      body,
    ),
  ),
  more,
)

/** @param {RemoteDetail} detail */
export function showNodes({ nodes: { total, shown }, figures }) {
  showList(body, shown, { key: ({ id }) => id, create, update })
  const hidden = total - shown.length
  const none = figures.connected ? 'No node is known.' : 'The connection is lost: nothing is known of nodes.'
  setText(more, total === 0 ? none : hidden === 0 ? '' : `And ${count(hidden)} more.`)
}

function create() {
  return make('tr', {}, make('th', { scope: 'row' }), ...COLUMNS.slice(1).map(() => make('td')))
}

/** @param {HTMLElement} row @param {NodeRow} node */
function update(row, { id, state, busy, size, waiting, inFlight, answered, silentMs, upMs, version, ...times }) {
  const cells = [
    id,
    `${SHAPES[state]} ${state}`,
    `${count(busy)} of ${count(size)}`,
    count(waiting),
    count(inFlight),
    count(answered),
    time(times.answerP99),
    time(times.roundTripP99),
    time(times.runP99),
    silentMs < 1500 ? 'now' : `${duration(silentMs)} ago`,
    duration(upMs),
    version,
  ]
  cells.forEach((text, index) => setText(/** @type {Element} */ (row.children[index]), text))
  setAttribute(row, 'data-stuck', state === 'doubtful')
}

/** @param {number | null} ms */
function time(ms) {
  return ms === null ? '–' : duration(ms)
}
