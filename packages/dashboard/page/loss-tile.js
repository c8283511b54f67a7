/** @import { Tile } from './tiles.js' */
import { count, rate } from './format.js'

/**
 * @param {string} key
 * @param {string} name
 * @param {number} value in all
 * @param {number} perSecond
 * @returns {Tile}
 */
export function loss(key, name, value, perSecond) {
  return { key, name, value, text: rate(perSecond), note: `${count(value)} in all`, alarming: perSecond > 0 }
}
