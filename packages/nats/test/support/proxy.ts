import { connect, createServer, type Server, type Socket } from 'node:net'
import { type NatsServer } from './server'

/** Stands between a client and a server: it can hold everything back, or delay it. */
export class Proxy {
  /** Everything takes so much longer, each way. */
  delayMs = 0
  #cut = false
  #server!: Server
  readonly #sockets = new Set<Socket>()
  url = ''

  constructor(private readonly target: NatsServer) {}

  async start(): Promise<this> {
    this.#server = createServer((client) => {
      const upstream = connect(this.target.port, '127.0.0.1')
      this.#pipe(client, upstream)
      this.#pipe(upstream, client)
    })
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `127.0.0.1:${(this.#server.address() as { port: number }).port}`
    return this
  }

  /** From now on nothing gets through, and no side is told: a partition. */
  cut(): void {
    this.#cut = true
    for (const socket of this.#sockets) socket.pause()
  }

  mend(): void {
    this.#cut = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** Breaks the connections that there are. Others may be made. */
  break(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Breaks the connections, and takes no others. */
  end(): void {
    this.break()
    this.#server.close()
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (chunk) => {
      if (this.delayMs === 0) to.write(chunk)
      else setTimeout(() => to.writable && to.write(chunk), this.delayMs)
    })
    if (this.#cut) from.pause()
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
