/** The NATS subjects of one pool. An account needs permissions for these alone, and for its inbox. */
export class Subjects {
  /** Requests of clients that know no node: one of the nodes gets each. */
  readonly anyCall: string
  /** What nodes say of themselves. */
  readonly load: string
  /** Asks all nodes what they say of themselves. */
  readonly ask: string

  constructor(
    private readonly prefix: string,
    private readonly name: string,
  ) {
    this.anyCall = `${prefix}.${name}.call`
    this.load = `${prefix}.${name}.load`
    this.ask = `${prefix}.${name}.ask`
  }

  /** Whether a subject is one of this pool. */
  has(subject: string): boolean {
    return subject.startsWith(`${this.prefix}.${this.name}.`)
  }

  /** Requests to one node. */
  callOf(node: string): string {
    return `${this.prefix}.${this.name}.${node}.call`
  }

  /** Asks one node what it says of itself. */
  askOf(node: string): string {
    return `${this.prefix}.${this.name}.${node}.ask`
  }
}
