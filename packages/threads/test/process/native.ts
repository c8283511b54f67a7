import { ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start } from 'nact'

// Under ts-node, as if nothing in this thread read TypeScript: its threads take @swc/core then.
Reflect.deleteProperty(process, Symbol.for('ts-node.register.instance'))

/** A pool whose threads load native code that this thread has not, one after the other. */
async function main([file = '']: readonly string[]): Promise<void> {
  const restart = { attempts: 3, backoff: { min: 1, max: 1 } }
  const pool = spawnPool(start(), threads(file, { execArgv: [] }), 'work', { size: 1, restart })
  const why = await ready(pool).then(
    () => 'it has started',
    ({ message }: Error) => message,
  )
  console.log(why)
  process.exit(0)
}

void main(process.argv.slice(2))
