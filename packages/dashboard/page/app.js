/** @import { Hello, Tick } from '../src/live/messages' */
import { showChanges } from './changes.js'
import { Connection } from './connection.js'
import { Controls } from './controls.js'
import { byId, setAttribute, setText } from './dom.js'
import { Findings } from './findings.js'
import { labelOfAll } from './labels.js'
import { showMembers } from './members.js'
import { showNodes } from './nodes.js'
import { Past } from './past.js'
import { Plot } from './plot.js'
import { PLOTS } from './plots.js'
import { PoolList } from './pool-list.js'
import { REMOTE_PLOTS } from './remote-plots.js'
import { startTheme } from './theme.js'
import { showTiles } from './tiles.js'
import { showWaits } from './waits.js'

const past = new Past()
const list = new PoolList()
const controls = new Controls()
const findings = new Findings((finding) => controls.openRemedy(finding))
const plotsOf = { pool: PLOTS.map((plan) => new Plot(plan)), remote: REMOTE_PLOTS.map((plan) => new Plot(plan)) }
/** Which of them are on the page. @type {keyof typeof plotsOf | ''} */
let shown = ''

/** @type {Hello | null} */
let hello = null
/** @type {Tick | null} */
let last = null
/** What makes the server's milliseconds the time of day here. */
let offset = 0
let drawing = false

/** Draws the last tick before the next frame: many ticks at once, or a hidden page, cost one drawing. */
function draw() {
  if (drawing) return
  drawing = true
  requestAnimationFrame(() => {
    drawing = false
    if (last !== null && hello !== null) drawTick(last, hello)
  })
}

/** @param {Tick} tick @param {Hello} first */
function drawTick({ rows, detail }, { write }) {
  const label = labelOfAll(detail.findings.map(({ finding }) => finding))
  list.show(rows, detail.id)
  setText(byId('name'), detail.id)
  setText(byId('state'), `${label.shape} ${label.text}`)
  setAttribute(byId('state'), 'data-severity', label.severity)
  findings.onRemedy = write ? (finding) => controls.openRemedy(finding) : null
  findings.show(detail)
  controls.show(detail, write)
  showTiles(detail)
  showKind(detail.kind)
  for (const plot of plotsOf[detail.kind]) plot.show(past, detail, offset)
  showChanges(detail.marks, offset)
  if (detail.kind === 'remote') return showNodes(detail)
  showMembers(detail.members)
  showWaits(detail.waits)
}

/** The parts of the page for a pool of this process, or for one that runs elsewhere. @param {keyof typeof plotsOf} kind */
function showKind(kind) {
  if (shown === kind) return
  shown = kind
  byId('plots').replaceChildren(...plotsOf[kind].map(({ element }) => element))
  byId('nodes').hidden = kind === 'pool'
  byId('members').hidden = byId('waits').hidden = kind === 'remote'
}

const connection = new Connection({
  hello(news) {
    hello = news
    last = null
    offset = Date.now() - news.now
    past.replace(news.history)
  },
  tick(news) {
    last = news
    past.add(news.detail.sample)
    draw()
  },
  state({ live, text }) {
    setText(byId('connection'), text)
    setAttribute(document.body, 'data-lost', !live)
  },
})

startTheme(() => {
  for (const plot of Object.values(plotsOf).flat()) plot.recolour()
  draw()
})
const chosen = () => decodeURIComponent(location.hash.slice(1))
addEventListener('hashchange', () => {
  if (location.hash !== '#main') connection.show(chosen())
})
connection.show(chosen() === 'main' ? '' : chosen())
