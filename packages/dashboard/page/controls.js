/** @import { AnyDetail, Detail, ShownFinding } from '../src/live/messages' */
/** @typedef {ShownFinding} Finding */
import { openChange } from './change-dialog.js'
import { byId, make, setText } from './dom.js'

/** What visitors may do to a pool, where the dashboard lets them. */
export class Controls {
  #bar = byId('controls')
  #pause = make('button', { type: 'button' }, 'Pause …')
  #resize = make('button', { type: 'button' }, 'Resize …')
  #drain = make('button', { type: 'button', class: 'danger' }, 'Drain …')
  /** The pool of this process that is shown; null for one that runs elsewhere. @type {Detail | null} */
  #detail = null
  #id = ''

  constructor() {
    this.#bar.append(this.#resize, this.#pause, this.#drain)
    this.#resize.addEventListener('click', () => this.#openResize())
    this.#pause.addEventListener('click', () => this.#openPause())
    this.#drain.addEventListener('click', () => this.#openDrain())
  }

  /** @param {AnyDetail} detail @param {boolean} write */
  show(detail, write) {
    this.#id = detail.id
    this.#detail = detail.kind === 'pool' ? detail : null
    // A pool that runs elsewhere is paused, resized and drained there.
    if (detail.kind === 'remote') return void (this.#bar.hidden = true)
    const { phase, paused } = detail.figures
    this.#bar.hidden = !write || phase === 'stopped'
    setText(this.#pause, paused ? 'Resume …' : 'Pause …')
    this.#drain.disabled = phase === 'draining'
  }

  /** @param {Finding} finding */
  openRemedy({ proposal, advice }) {
    const pool = this.#id
    if (pool === '' || proposal === null) return
    if (proposal.option === 'paused') return this.#openPause()
    openChange({
      pool,
      title: `Change ${proposal.option} of ${pool}`,
      action: 'configure',
      says: advice,
      button: 'Apply',
      edit: { option: proposal.option, value: Number(proposal.value) },
    })
  }

  #openResize() {
    if (this.#detail === null) return
    const { id, figures, bounds } = this.#detail
    const [option, value] = bounds === null ? ['size', figures.size] : ['size.max', bounds.max]
    openChange({
      pool: id,
      title: `Resize ${id}`,
      action: 'configure',
      says: 'New members start at once; surplus ones end after their current message.',
      button: 'Apply',
      edit: { option, value },
    })
  }

  #openPause() {
    if (this.#detail === null) return
    const { id, figures } = this.#detail
    openChange(
      figures.paused
        ? {
            pool: id,
            title: `Resume ${id}`,
            action: 'resume',
            says: 'Members work again, in the order of the queue.',
            button: 'Resume',
          }
        : {
            pool: id,
            title: `Pause ${id}`,
            action: 'pause',
            says: 'Members begin nothing. What runs goes on; what comes is queued, and deadlines go on.',
            button: 'Pause',
          },
    )
  }

  #openDrain() {
    if (this.#detail === null) return
    openChange({
      pool: this.#detail.id,
      title: `Drain ${this.#detail.id}`,
      action: 'drain',
      says: 'The pool accepts no new requests, finishes those that it has, and stops within a minute. It cannot be started again.',
      button: 'Drain and stop',
    })
  }
}
