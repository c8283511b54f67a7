/** @import { Detail } from '../src/live/messages' */
/** @import { Shares } from '../../core/src/views/waiting-summary' */
import { byId, make, setText, showList } from './dom.js'
import { count, duration } from './format.js'

const KINDS = /** @type {const} */ ([
  ['type', 'By type'],
  ['tenant', 'By tenant'],
  ['key', 'By key'],
  ['priority', 'By priority'],
])

const summary = make('p', { class: 'says' })
const shares = make('div', { class: 'shares' })
const oldest = make('ol', { class: 'oldest' })
const oldestTitle = make('h4', {}, 'The oldest')
byId('waits').append(summary, shares, oldestTitle, oldest)

/** @param {Detail['waits']} waits what waits for a member */
export function showWaits({ count: all, oldest: first, by }) {
  const since = first[0] === undefined ? '' : `, the oldest for ${duration(first[0].waitedMs)}`
  setText(
    summary,
    all === 0 ? 'Nothing waits.' : `${count(all)} ${all === 1 ? 'request waits' : 'requests wait'}${since}.`,
  )
  const kinds = KINDS.flatMap(([key, title]) => {
    const of = by[key]
    return isTelling(key, of) ? [{ key, title, of, all }] : []
  })
  showList(shares, kinds, { key: ({ key }) => key, create: createKind, update: updateKind })
  oldestTitle.hidden = first.length === 0
  showList(
    oldest,
    first.slice(0, 5).map((request, index) => ({ ...request, index })),
    {
      key: ({ index }) => String(index),
      create: () => make('li', {}, make('b'), ' ', make('span')),
      update: (item, { type, priority, key, waitedMs }) => {
        setText(/** @type {Element} */ (item.firstElementChild), duration(waitedMs))
        const parts = [
          type,
          ...(priority === 0 ? [] : [`priority ${priority}`]),
          ...(key === undefined ? [] : [`key ${key}`]),
        ]
        setText(/** @type {Element} */ (item.lastElementChild), parts.join(' · '))
      },
    },
  )
}

/**
 * One priority for all says nothing.
 *
 * @param {string} key
 * @param {Shares | undefined} of
 * @returns {of is Shares}
 */
function isTelling(key, of) {
  return of !== undefined && of.names > (key === 'priority' ? 1 : 0)
}

/** @param {{ title: string }} kind */
function createKind({ title }) {
  return make('div', {}, make('h4', {}, title), make('ul', { class: 'bars' }), make('p', { class: 'quiet' }))
}

/** @param {HTMLElement} element @param {{ of: Shares, all: number }} kind */
function updateKind(element, { of, all }) {
  const [, list, more] = [...element.children]
  if (list === undefined || more === undefined) return
  const shown = of.most.slice(0, 5)
  showList(list, shown, {
    key: ({ name }) => name,
    create: ({ name }) => make('li', {}, make('span', { title: name }, name), make('b'), make('i')),
    update: (item, { count: n }) => {
      const [, number, bar] = /** @type {HTMLElement[]} */ ([...item.children])
      if (number === undefined || bar === undefined) return
      setText(number, count(n))
      bar.style.width = `${Math.round((n / all) * 100)}%`
    },
  })
  const hidden = of.names - shown.length
  setText(more, hidden > 0 ? `and ${count(hidden)} more` : '')
}
