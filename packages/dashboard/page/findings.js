/** @import { AnyDetail, ShownFinding } from '../src/live/messages' */
import { byId, make, setAttribute, setText, showList } from './dom.js'
import { labelOf } from './labels.js'

/** @typedef {ShownFinding} Finding */

/** What `explain` finds, as cards: the remedy first, then why, then the figures. One quiet line while nothing is wrong. */
export class Findings {
  #section = byId('findings')
  /** @type {Map<string, Finding>} */
  #shown = new Map()

  /** @param {((finding: Finding) => void) | null} onRemedy */
  constructor(onRemedy) {
    this.onRemedy = onRemedy
  }

  /** @param {AnyDetail} detail */
  show({ id, findings }) {
    this.#shown = new Map(findings.map((finding) => [keyOf(finding), finding]))
    showList(this.#section, findings, {
      key: (finding) => `${id} ${keyOf(finding)}`,
      create: () => this.#card(),
      update: (card, finding) => this.#update(card, finding),
    })
  }

  #card() {
    const button = make('button', { type: 'button', hidden: true })
    const card = make(
      'article',
      { class: 'finding' },
      make('p', { class: 'kind' }),
      make('h3'),
      make('p', { class: 'says' }),
      make('ul', { class: 'figures' }),
      button,
    )
    button.addEventListener('click', () => {
      const finding = this.#shown.get(card.dataset['finding'] ?? '')
      if (finding !== undefined) this.onRemedy?.(finding)
    })
    return card
  }

  /** @param {HTMLElement} card @param {Finding} finding */
  #update(card, finding) {
    const [kind, remedy, says, figures, button] = /** @type {HTMLElement[]} */ ([...card.children])
    if (!kind || !remedy || !says || !figures || !button) return
    const { severity, shape, text } = labelOf(finding.finding)
    setAttribute(card, 'data-severity', severity)
    card.dataset['finding'] = keyOf(finding)
    const calm = finding.finding === 'calm'
    kind.hidden = calm
    remedy.hidden = calm
    figures.hidden = calm
    setText(kind, `${shape} ${text}`)
    setText(remedy, finding.advice)
    setText(says, sentence(finding.says))
    showList(figures, Object.entries(finding.figures), {
      key: ([name]) => name,
      create: ([name]) => make('li', {}, make('span', {}, name), ' ', make('b')),
      update: (item, [, value]) => setText(/** @type {Element} */ (item.lastElementChild), String(value)),
    })
    const { proposal } = finding
    button.hidden = proposal === null || this.onRemedy === null
    if (proposal !== null) setText(button, buttonText(proposal))
  }
}

/** @param {Finding} finding several drops have one finding for each reason */
function keyOf({ finding, figures }) {
  return `${finding} ${figures['reason'] ?? ''}`
}

/** @param {NonNullable<Finding['proposal']>} proposal */
function buttonText({ option, now, value }) {
  return option === 'paused' ? 'Resume …' : `Change ${option}: ${now} → ${value}\u00a0…`
}

/** @param {string} says */
function sentence(says) {
  const text = says.charAt(0).toUpperCase() + says.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}
