import { printable } from '@genpool/runtime'
import Table from 'cli-table3'

const NONE = ''
/** Quiet lines: only below the head. */
const CHARS = {
  top: NONE,
  'top-mid': NONE,
  'top-left': NONE,
  'top-right': NONE,
  bottom: NONE,
  'bottom-mid': NONE,
  'bottom-left': NONE,
  'bottom-right': NONE,
  left: NONE,
  'left-mid': NONE,
  mid: NONE,
  'mid-mid': NONE,
  right: NONE,
  'right-mid': NONE,
  middle: '  ',
}

/** Columns under their heads; a column whose head begins with a space is of numbers, and stands to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const colAligns = head.map((name) => (name.startsWith(' ') ? 'right' : 'left') as 'right' | 'left')
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }
  const made = new Table({ chars: CHARS, colAligns, style })
  made.push(
    head.map((name) => name.trim()),
    ...rows.map((row) => row.map(printable)),
  )
  const lines = made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
  const width = Math.max(...lines.map(({ length }) => length))
  return `${[lines[0], '─'.repeat(width), ...lines.slice(1)].join('\n')}\n`
}
