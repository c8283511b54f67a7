import type { Attaching, Attachment, Gate, SeatGate } from './ports'

/** Where parts are listed that are not the kernel's own. */
interface AttachmentsPorts {
  readonly listeners: { attach(part: Attachment): void; detach(part: Attachment): void }
  /** What asks before a request comes in. */
  readonly pool: { readonly entrance: { gates: readonly Gate[] } }
  /** What asks before a member waits for work. */
  readonly crew: { seatGates: readonly SeatGate[] }
}

/** Attaches policies and views: each as a listener, and as a gate if it has what a gate needs. */
export class Attachments implements Attaching {
  constructor(private readonly kernel: AttachmentsPorts) {}

  attach(part: Attachment): void {
    const { listeners, pool, crew } = this.kernel
    listeners.attach(part)
    if (part.refusal !== undefined) pool.entrance.gates = [...pool.entrance.gates, part as Gate]
    if (part.mayWork !== undefined) crew.seatGates = [...crew.seatGates, part as SeatGate]
  }

  detach(part: Attachment): void {
    const { listeners, pool, crew } = this.kernel
    listeners.detach(part)
    pool.entrance.gates = pool.entrance.gates.filter((gate) => gate !== part)
    crew.seatGates = crew.seatGates.filter((gate) => gate !== part)
  }
}
