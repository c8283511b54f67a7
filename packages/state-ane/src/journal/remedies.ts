export const UNCHANGED = 'Nothing was changed.'

/** Commands for a shell, in words and to copy. */
export function moveAway(paths: readonly string[]): string {
  const commands = paths.map((path) => `mv ${quoted(path)} ${quoted(`${path}.damaged`)}`)
  return `move ${paths.length === 1 ? 'it' : 'both'} away: \`${commands.join(' && ')}\``
}

export function moveTo(path: string, to: string): string {
  return `move it away: \`mv ${quoted(path)} ${quoted(to)}\``
}

export function cutAt(path: string, position: number): string {
  return `cut the file there: \`truncate -s ${position} ${quoted(path)}\``
}

export function writeMark(path: string, mark: Buffer): string {
  return `write them again: \`printf ${mark.toString()} | dd of=${quoted(path)} conv=notrunc\``
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`
}
