/** @import { AnyDetail } from '../src/live/messages' */
/** @import { Past } from './past.js' */
/** @import { PlotPlan, Threshold } from './plots.js' */
import { make, setAttribute, setText, showList } from './dom.js'
import { drawLines } from './plot-lines.js'
import uPlot from './vendor/uPlot.esm.js'

const HEIGHT = 150
/** Each line has its own dash: readable without colour. */
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3], [1, 5]]
const WINDOWS = [60, 120, 300, 600]

/** @param {number} index */
const dashOf = (index) => DASHES[index % DASHES.length] ?? []

/** One plot: a title, a legend with the numbers under the cursor or the last ones, and the lines. */
export class Plot {
  #title = make('h4')
  #legend = make('ul', { class: 'legend' })
  #canvas = make('div', { class: 'canvas', role: 'img' })
  element = make('figure', { class: 'plot' }, make('figcaption', {}, this.#title, this.#legend), this.#canvas)
  /** @type {uPlot | null} */
  #plot = null
  #drawn = ''
  /** @type {readonly (readonly [string, string])[]} */
  #series = []
  /** @type {readonly Threshold[]} */
  #thresholds = []
  /** @type {readonly { at: number, number: number }[]} */
  #marks = []

  /** @param {PlotPlan} plan */
  constructor(plan) {
    this.plan = plan
    this.#title.textContent = plan.title
    this.element.dataset['plot'] = plan.key
    new ResizeObserver(() => this.#fit()).observe(this.#canvas)
  }

  /**
   * @param {Past} past
   * @param {AnyDetail} detail
   * @param {number} offset what makes the server's milliseconds the time of day
   */
  show(past, detail, offset) {
    this.#series = this.plan.series(past)
    this.#thresholds = this.plan.thresholds(detail)
    this.#marks = detail.marks.map(({ t }, index) => ({ at: (t + offset) / 1000, number: index + 1 }))
    const times = past.column('t').map((t) => (Number(t) + offset) / 1000)
    const data = /** @type {uPlot.AlignedData} */ ([
      times,
      ...this.#series.map(([name]) => {
        const values = past.column(name)
        return values.length === times.length ? values : times.map(() => null)
      }),
    ])
    const shape = this.#series.map(([name]) => name).join()
    if (this.#plot === null || shape !== this.#drawn) this.#create(data)
    else this.#plot.setData(data)
    this.#drawn = shape
    this.#showLegend()
  }

  /** Draws it again with the colours that hold now. */
  recolour() {
    this.#drawn = ''
  }

  /** @param {uPlot.AlignedData} data */
  #create(data) {
    this.#plot?.destroy()
    const style = getComputedStyle(document.documentElement)
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim()
    const axis = {
      stroke: colour('--quiet'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: colour('--grid'), width: 1 },
      ticks: { show: false },
    }
    this.#plot = new uPlot(
      {
        width: Math.max(200, this.#canvas.clientWidth),
        height: HEIGHT,
        padding: [12, 8, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: 'pool' }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
        scales: {
          x: { range: (_plot, min, max) => spanOf(min, max) },
          y: { range: (_plot, _min, max) => this.#range(max) },
        },
        axes: [
          { ...axis, size: 24, gap: 6, space: 70, values: (_plot, splits) => splits.map(timeOfDay) },
          { ...axis, size: 62, space: 32, values: (_plot, splits) => splits.map((value) => this.#label(value)) },
        ],
        series: [
          {},
          ...this.#series.map(([, label], index) => ({
            label,
            stroke: colour(`--line-${(index % 5) + 1}`),
            width: 1.75,
            dash: dashOf(index),
            points: { show: false },
          })),
        ],
        hooks: {
          draw: [(plot) => drawLines(plot, { thresholds: this.#thresholds, marks: this.#marks, colour })],
          setCursor: [() => this.#showLegend()],
        },
      },
      data,
      this.#canvas,
    )
  }

  /** @param {number} value where there are only whole numbers, the axis has no others */
  #label(value) {
    return this.plan.whole === true && !Number.isInteger(value) ? '' : this.plan.show(value)
  }

  /** @param {number | null} max */
  #range(max) {
    const highest = Math.max(max ?? 0, ...this.#thresholds.map(({ value }) => value))
    return /** @type {[number, number]} */ ([0, highest > 0 ? highest * 1.12 : 1])
  }

  #showLegend() {
    const plot = this.#plot
    if (plot === null) return
    const { idx } = plot.cursor
    const values = this.#series.map(([, label], index) => {
      const column = plot.data[index + 1] ?? []
      const value = column[idx ?? column.length - 1]
      return { label, index, text: value === null || value === undefined ? '–' : this.plan.show(value) }
    })
    showList(this.#legend, values, { key: ({ label }) => label, create: legendEntry, update: updateEntry })
    const said = values.map(({ label, text }) => `${label} ${text}`).join(', ')
    setAttribute(this.#canvas, 'aria-label', `${this.plan.title}, now: ${said}`)
  }

  #fit() {
    const width = this.#canvas.clientWidth
    if (this.#plot !== null && width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT })
  }
}

/**
 * One time axis for all plots: from one minute, while there is little to see, to ten.
 *
 * @param {number} begin
 * @param {number} end
 * @returns {[number, number]}
 */
function spanOf(begin, end) {
  const span = WINDOWS.find((seconds) => end - begin <= seconds) ?? 600
  return [end - span, end]
}

/** @param {number} seconds */
function timeOfDay(seconds) {
  const text = new Date(seconds * 1000).toLocaleTimeString('en-GB')
  return seconds % 60 === 0 ? text.slice(0, 5) : text
}

/** @param {{ label: string, index: number }} entry */
function legendEntry({ label, index }) {
  const entry = make('li', {}, make('span', { class: 'sample' }), make('span', {}, label), make('b'))
  const sample = /** @type {HTMLElement} */ (entry.firstElementChild)
  const dash = dashOf(index)
  const [on = 1, off = 0] = dash
  const stroke = `var(--line-${(index % 5) + 1})`
  sample.style.background =
    off === 0 ? stroke : `repeating-linear-gradient(90deg, ${stroke} 0 ${on}px, transparent ${on}px ${on + off}px)`
  return entry
}

/** @param {HTMLElement} element @param {{ text: string }} entry */
function updateEntry(element, { text }) {
  setText(/** @type {HTMLElement} */ (element.lastElementChild), text)
}
