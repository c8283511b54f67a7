import type { JobToThread } from '../protocol/messages'

/** The jobs that this thread has not begun, in order. */
export class JobQueue {
  #jobs: JobToThread[] = []
  #next = 0
  /** Whether the argument for `handleContinue` comes before anything else. */
  #continues = false

  /** The job to begin next. */
  get first(): JobToThread | undefined {
    return this.#continues ? this.#continuing() : this.#jobs[this.#next]
  }

  get size(): number {
    return this.#jobs.length - this.#next
  }

  push(job: JobToThread): void {
    this.#jobs.push(job)
  }

  /** Takes the first job out. */
  shift(): void {
    if (this.#continues) {
      this.#jobs.splice(this.#jobs.indexOf(this.#continuing() as JobToThread), 1)
      this.#continues = false
    } else this.#next++
    if (this.#next === this.#jobs.length) this.#jobs.length = this.#next = 0
  }

  clear(): void {
    this.#jobs.length = this.#next = 0
  }

  /**
   * Gives the jobs back that may run elsewhere.
   *
   * @param revoke makes sure that nobody begins a job. False: it cannot be given back
   * @param continues whether `handleContinue` comes first now
   * @returns the numbers of the jobs
   */
  giveBack(revoke: (id: number, place: number) => boolean, continues: boolean): readonly number[] {
    const rest = this.#jobs.slice(this.#next)
    const returned = new Set<JobToThread>()
    for (const job of rest) if (job[2].kind !== 'direct' && revoke(job[2].id, job[1])) returned.add(job)
    this.#jobs = rest.filter((job) => !returned.has(job))
    this.#next = 0
    this.#continues = continues
    return [...returned].map((job) => job[2].id)
  }

  #continuing(): JobToThread | undefined {
    return this.#jobs.find(([, , { continues }], i) => i >= this.#next && continues)
  }
}
