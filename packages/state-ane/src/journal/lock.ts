import { printable, readSafely, textOf } from '@genpool/runtime'
import { randomUUID } from 'node:crypto'
import { open, readdir, rmdir, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { type Holder, isAlive, self } from './holder'
import { JournalError } from './journal-error'
import { makeDirectory } from './make-directory'
import { moveTo, UNCHANGED } from './remedies'

/** Another engine uses the journal: in this process or another one. Nothing was read or changed. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly code = 'ERR_GENPOOL_LOCKED'
  constructor(
    /** The lock: a directory with one file for its holder. */
    readonly path: string,
    /** The process that holds it, as its host numbers it. */
    readonly pid: number,
    readonly host: string,
  ) {
    const isHere = host === hostname()
    const other = isHere && pid === process.pid ? 'another engine of this process' : 'another process'
    super(
      printable(
        `The journal "${journalOf(textOf(path))}" in "${dirname(textOf(path))}" is in use by ${other} ` +
          `(pid ${textOf(pid)}${isHere ? '' : ` on host "${textOf(host)}"`}). Nothing was read or changed. Close that engine with close(), or end ` +
          `that process: its lock ends with it. If nobody uses the journal any more, remove the directory "${textOf(path)}".`,
      ),
    )
  }
}

/** The name of the journal that a lock is of. */
function journalOf(path: string): string {
  return decoded(basename(path, '.lock'))
}

function decoded(name: string): string {
  return readSafely(() => decodeURIComponent(name), name)
}

/** The locks of this process, so that of two engines that start at once exactly one has it. */
const ours = new Set<string>()

/**
 * The right to use a journal, until it is released or the process ends.
 *
 * Each one who wants it puts a file with a name of its own into one directory, and has the lock if no other file there belongs
 * to a process that is alive. A name is never used again, so removing the file of a dead process cannot hit the lock of a living
 * one. If two processes come at the same moment, both may be refused; never do both have it.
 */
export class Lock {
  private constructor(
    private readonly path: string,
    private readonly claim: string,
  ) {}

  /**
   * @param path a directory of its own, which is made
   * @throws {LockedError} if another process that is alive, or another engine of this process, has it
   * @throws {JournalError} if something else has put a file into the directory
   */
  static async take(path: string): Promise<Lock> {
    const key = resolve(path)
    const holder = self()
    if (ours.has(key)) throw new LockedError(path, holder.pid, holder.host)
    ours.add(key)
    const lock = new Lock(path, nameOf(holder))
    try {
      await lock.#put()
      await lock.#removeDead()
      return lock
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  async release(): Promise<void> {
    await unlink(join(this.path, this.claim)).catch(() => undefined)
    // Not if there is the file of another, who was refused or comes next.
    await rmdir(this.path).catch(() => undefined)
    ours.delete(resolve(this.path))
  }

  async #put(): Promise<void> {
    for (;;) {
      await makeDirectory(this.path)
      try {
        return await (await open(join(this.path, this.claim), 'wx')).close()
      } catch (error) {
        // Another one released it between the two steps and removed the directory.
        if (!isGone(error)) throw error
      }
    }
  }

  async #removeDead(): Promise<void> {
    for (const name of await readdir(this.path)) {
      if (name === this.claim) continue
      const holder = holderOf(name)
      if (holder === null) throw foreign(this.path, name)
      if (isAlive(holder)) throw new LockedError(this.path, holder.pid, holder.host)
      await unlink(join(this.path, name)).catch((error: unknown) => {
        if (!isGone(error)) throw error
      })
    }
  }
}

/** The name says everything: a file that has been made is never half written. */
function nameOf({ pid, started, host }: Holder): string {
  return [pid, started, randomUUID(), encodeURIComponent(host)].join('.')
}

/** Null for a name that no engine gives. */
function holderOf(name: string): Holder | null {
  const [pid = '', started = '', , ...host] = name.split('.')
  return /^\d+$/.test(pid) && host.length > 0 ? { pid: Number(pid), started, host: decoded(host.join('.')) } : null
}

/** Whoever has put it there: that nobody uses the journal is not certain. */
function foreign(path: string, name: string): JournalError {
  const file = join(path, name)
  const message =
    `The lock "${path}" of the journal "${journalOf(path)}" has a file that no engine has made: "${name}". So it is not certain ` +
    `that nobody uses the journal. ${UNCHANGED} If it is no lock of yours, ${moveTo(file, `${path}-${name}`)}.`
  return new JournalError(message, undefined, { path: file })
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
