import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process, so that another one with the same number is not taken for it. */
export interface Holder {
  readonly pid: number
  /** When it started, in the host's own measure; empty where the host does not tell. */
  readonly started: string
  readonly host: string
}

/** This process. */
export function self(): Holder {
  return { pid: process.pid, started: startOf(process.pid) ?? '', host: hostname() }
}

/** Whether it is alive. One on another host may be, since nobody here can know. */
export function isAlive({ pid, started, host }: Holder): boolean {
  if (host !== hostname()) return true
  if (!exists(pid)) return false
  const now = startOf(pid)
  if (now === null) return false
  // A number is used again: after a while, after a reboot, and in each new container.
  return started === '' || now === '' || started === now
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started; empty if the host does not tell, null if it is dead and only its number is left. */
function startOf(pid: number): string | null {
  if (process.platform !== 'linux') return ''
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program comes first, in parentheses, and may have spaces in it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return `${fields[19]}-${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)}`
  } catch {
    return ''
  }
}
