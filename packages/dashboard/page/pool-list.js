/** @import { Row } from '../src/live/messages' */
import { byId, make, setAttribute, setText, showList } from './dom.js'
import { count } from './format.js'
import { labelOfAll } from './labels.js'

/** So many pools can be looked through without a search. */
const FEW = 8

/** The list of all pools: those in trouble first, otherwise in the order of the options. */
export class PoolList {
  #list = byId('pools')
  #filter = /** @type {HTMLInputElement} */ (byId('filter'))
  #summary = byId('summary')
  /** @type {readonly Row[]} */
  #rows = []
  #chosen = ''

  constructor() {
    this.#filter.addEventListener('input', () => this.#draw())
  }

  /** @param {readonly Row[]} rows @param {string} chosen */
  show(rows, chosen) {
    this.#rows = rows
    this.#chosen = chosen
    this.#filter.hidden = rows.length <= FEW
    setText(this.#summary, summaryOf(rows))
    document.title = `${titleOf(rows)}${chosen} · GenPool`
    this.#draw()
  }

  #draw() {
    const wanted = this.#filter.value.trim().toLowerCase()
    const rows = this.#rows
      .map((row) => ({ ...row, label: labelOfAll(row.findings), chosen: row.id === this.#chosen }))
      .filter(({ id, label }) => `${id} ${label.text}`.toLowerCase().includes(wanted))
      .sort((a, b) => a.label.rank - b.label.rank)
    showList(this.#list, rows, { key: ({ id }) => id, create: entry, update })
  }
}

/** @typedef {Row & { label: ReturnType<typeof labelOfAll>, chosen: boolean }} Entry */

/** @param {Entry} row */
function entry({ id }) {
  const link = make('a', { href: `#${encodeURIComponent(id)}` })
  link.append(
    make('span', { class: 'shape', 'aria-hidden': 'true' }),
    make('span', { class: 'pool' }, id),
    make('span', { class: 'what' }),
    make('span', { class: 'waiting' }),
  )
  return make('li', {}, link)
}

/** @param {HTMLElement} element @param {Entry} row */
function update(element, { label, chosen, waiting, busy, size }) {
  const link = /** @type {HTMLElement} */ (element.firstElementChild)
  const [shape, , what, waits] = [...link.children]
  if (!shape || !what || !waits) return
  setAttribute(link, 'aria-current', chosen && 'page')
  setAttribute(link, 'data-severity', label.severity)
  setText(shape, label.shape)
  setText(what, label.text)
  setText(waits, waiting > 0 ? `${count(waiting)} wait` : `${busy} of ${size}`)
}

/** @param {readonly Row[]} rows */
function summaryOf(rows) {
  const troubled = inTrouble(rows)
  const all = rows.length === 1 ? 'The pool is' : `All ${rows.length} pools are`
  return troubled === 0 ? `${all} fine` : `${troubled} of ${rows.length} ${troubled === 1 ? 'needs' : 'need'} attention`
}

/** @param {readonly Row[]} rows */
function titleOf(rows) {
  const troubled = inTrouble(rows)
  return troubled === 0 ? '' : `(${troubled}) `
}

/** @param {readonly Row[]} rows */
function inTrouble(rows) {
  return rows.filter(({ findings }) => labelOfAll(findings).rank < 2).length
}
