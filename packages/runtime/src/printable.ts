/**
 * What a terminal obeys instead of showing it, and what hides or turns around the text beside it: controls but the tab, marks of
 * direction, invisible spaces, separators of lines.
 */
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/
const EVERY = new RegExp(CONTROLS, 'g')
const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' }

/** A text as one line that is safe to print: `\u001b` in place of an escape. Texts of users end up in terminals and logs. */
export function printable(text: string): string {
  return CONTROLS.test(text) ? text.replace(EVERY, escaped) : text
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return CONTROLS.test(text) ? text.split(/\r?\n/).map(printable).join('\n') : text
}

function escaped(character: string): string {
  return NAMES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
