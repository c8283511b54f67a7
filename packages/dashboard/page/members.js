/** @import { Detail, MemberRow } from '../src/live/messages' */
import { byId, make, setAttribute, setText, showList } from './dom.js'
import { count, duration } from './format.js'

const COLUMNS = ['Member', 'Status', 'Does', 'For', 'Handled', 'Age', 'Incarnation']
const SHAPES = { idle: '○', busy: '●', starting: '◐', stuck: '■' }

const body = make('tbody')
const more = make('p', { class: 'quiet' })
byId('members').append(
  make(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of members' },
    make(
      'table',
      {},
      make('thead', {}, make('tr', {}, ...COLUMNS.map((name) => make('th', { scope: 'col' }, name)))),
      body,
    ),
  ),
  more,
)

/** @param {Detail['members']} members */
export function showMembers({ total, shown }) {
  showList(body, shown, { key: ({ slot }) => String(slot), create, update })
  const hidden = total - shown.length
  const text =
    total === 0
      ? 'There is no member.'
      : hidden === 0
        ? ''
        : `And ${count(hidden)} more, which have worked for less long on their message.`
  setText(more, text)
}

function create() {
  return make('tr', {}, make('th', { scope: 'row' }), ...COLUMNS.slice(1).map(() => make('td')))
}

/** @param {HTMLElement} row @param {MemberRow} member */
function update(row, { name, status, does, forMs, handled, ageMs, incarnation, stuck }) {
  const shown = stuck ? 'stuck' : status
  const shape = SHAPES[/** @type {keyof typeof SHAPES} */ (shown)] ?? '·'
  const cells = [
    name,
    `${shape} ${shown}`,
    does || '–',
    does === '' ? '–' : duration(forMs),
    count(handled),
    duration(ageMs),
    count(incarnation),
  ]
  cells.forEach((text, index) => setText(/** @type {Element} */ (row.children[index]), text))
  setAttribute(row, 'data-stuck', stuck)
}
