import { isGenPoolError } from '@genpool/runtime'
import { type BrokenLine, readLines, type Trace } from '../advisor/trace'
import { Fault, usage } from './fault'
import type { Io } from './io'

/**
 * The trace in the files that the arguments name.
 *
 * @throws {Fault} if there is no file, one cannot be read, a line is broken, or it has no requests
 */
export function readTraffic(command: string, files: readonly string[], io: Io, skipsBroken: boolean): Trace {
  if (files.length === 0)
    throw usage(`it needs the file of a trace: genpool ${command} trace.jsonl. See genpool ${command} --help.`)
  const { trace, broken } = readAll(files)
  const wrong = broken.filter(({ isCutOff }) => !isCutOff)
  const [first] = wrong
  if (first !== undefined && !skipsBroken) throw brokenLine(first, wrong.length)
  if (broken.length > 0) io.err(`${count(broken.length, 'line')} without a request skipped.\n`)
  if (trace.requests.length === 0)
    throw new Fault(`${files.join(', ')} has no requests: nothing came while it was recorded.`)
  if (trace.lost > 0)
    io.err(`${count(trace.lost, 'request')} missing in the trace: the disk was too slow when it was recorded.\n`)
  return trace
}

function readAll(files: readonly string[]): ReturnType<typeof readLines> {
  try {
    return readLines(files)
  } catch (error) {
    if (isGenPoolError(error)) throw new Fault(error.message.replace('The file given to readTrace is wrong: ', ''))
    const { code, path, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw new Fault(`there is no file ${path ?? files.join(', ')}. genpool record --help says how to make one.`)
    if (code === 'EISDIR') throw new Fault(`${files.join(', ')} is a folder: name the file of a trace.`)
    throw new Fault(message)
  }
}

function brokenLine({ file, line, text }: BrokenLine, wrong: number): Fault {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  const others = wrong > 1 ? `, nor are ${count(wrong - 1, 'other line')}` : ''
  return new Fault(
    `line ${line} of ${file} is no request${others}: ${shown}\nRemove it, or skip such lines with --skip-broken.`,
  )
}

export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
