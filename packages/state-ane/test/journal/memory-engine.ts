import type { PersistedEvent, PersistedSnapshot, PersistenceEngine } from 'nact'

/** An engine as others write them: it keeps nothing but copies, and its answers take a while. */
export interface MemoryEngine extends PersistenceEngine {
  readonly log: PersistedEvent[]
  readonly snapshots: PersistedSnapshot[]
  /** Called before each write; what it throws fails the write. `after` says that the event is in the log all the same. */
  fail: (event: PersistedEvent) => 'before' | 'after' | undefined
  /** What each write waits for. */
  wait: (event: PersistedEvent) => Promise<void>
}

export function memoryEngine(): MemoryEngine {
  const engine: MemoryEngine = {
    log: [],
    snapshots: [],
    fail: () => undefined,
    wait: () => Promise.resolve(),
    events: (key, offset) => {
      const events = engine.log.filter((event) => event.key === key && event.sequenceNumber > offset)
      return structuredClone(events) as never
    },
    latestSnapshot: async (key) =>
      structuredClone(engine.snapshots.filter((snapshot) => snapshot.key === key).at(-1)) as PersistedSnapshot,
    takeSnapshot: async (snapshot) => {
      await Promise.resolve()
      engine.snapshots.push(structuredClone(snapshot))
    },
    persist: async (event) => {
      const failure = engine.fail(event)
      await engine.wait(event)
      if (failure !== 'before') engine.log.push(structuredClone(event))
      if (failure !== undefined) throw new Error('the disk is full')
    },
  }
  return engine
}

/** Another engine on the same storage, as a restarted process has it. */
export function reopened(engine: MemoryEngine): MemoryEngine {
  return { ...engine }
}
