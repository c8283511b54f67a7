/** @import { Detail } from '../src/live/messages' */
import { byId, make, showList } from './dom.js'
import { clock } from './format.js'

const list = byId('changes')

/**
 * The list under the plots: its numbers stand beside the lines in them.
 *
 * @param {Detail['marks']} marks
 * @param {number} offset what makes the server's milliseconds the time of day
 */
export function showChanges(marks, offset) {
  list.hidden = marks.length === 0
  const numbered = marks.map((mark, index) => ({ ...mark, number: index + 1 }))
  showList(list, numbered, {
    key: ({ t, text, number }) => `${number} ${t} ${text}`,
    create: ({ t, text }) => make('li', {}, make('time', {}, clock((t + offset) / 1000)), ' ', text),
    update: () => undefined,
  })
}
