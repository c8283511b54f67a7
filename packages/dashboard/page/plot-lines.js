/** @import uPlot from './vendor/uPlot.esm.js' */
/** @import { Threshold } from './plots.js' */

/**
 * Draws the thresholds as level lines, and the changes as upright ones with the number of their entry in the list.
 *
 * @param {uPlot} plot
 * @param {{ thresholds: readonly Threshold[], marks: readonly { at: number, number: number }[], colour: (name: string) => string }} what
 */
export function drawLines(plot, { thresholds, marks, colour }) {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = `${10.5 * ratio}px system-ui, sans-serif`
  ctx.lineWidth = ratio
  ctx.textBaseline = 'bottom'
  for (const { value, name } of thresholds) {
    const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5
    stroke(ctx, colour('--threshold'), [8 * ratio, 3 * ratio], [bbox.left, y, bbox.left + bbox.width, y])
    ctx.textAlign = 'left'
    const place = { x: bbox.left + 4 * ratio, y: y - 2 * ratio }
    ctx.fillStyle = colour('--card')
    ctx.fillRect(place.x - 2 * ratio, place.y - 12 * ratio, ctx.measureText(name).width + 4 * ratio, 12 * ratio)
    ctx.fillStyle = colour('--threshold')
    ctx.fillText(name, place.x, place.y)
  }
  for (const { at, number } of marks) {
    const x = Math.round(plot.valToPos(at, 'x', true)) + 0.5
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    stroke(ctx, colour('--mark'), [], [x, bbox.top, x, bbox.top + bbox.height])
    ctx.fillStyle = colour('--mark')
    ctx.textAlign = x > bbox.left + bbox.width - 14 * ratio ? 'right' : 'left'
    ctx.fillText(String(number), x + (ctx.textAlign === 'left' ? 3 : -3) * ratio, bbox.top)
  }
  ctx.restore()
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {string} style
 * @param {number[]} dash
 * @param {[number, number, number, number]} from
 */
function stroke(ctx, style, dash, [x1, y1, x2, y2]) {
  ctx.strokeStyle = style
  ctx.setLineDash(dash)
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}
