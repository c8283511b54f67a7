import { call, getState, spawnPool } from '@genpool/core'
import { threads, transfer } from '@genpool/threads'
import { join } from 'node:path'
import { system } from './fixtures/shared-system'
import type Images from './fixtures/state-memory'

const behaviour = threads<typeof Images>(join(__dirname, 'fixtures', 'state-memory.ts'))

describe.each(['shared', 'isolated'] as const)('memory of a state that is %s', (state) => {
  const open = () => spawnPool(system, behaviour, 'images', { size: 1, state })
  const image = Uint8Array.of(1, 2, 3)

  it.each(['answer', 'later', 'valueFunction', 'from', 'both'] as const)(
    'is copied when an answer wants to move it: %s',
    async (type) => {
      const pool = open()
      for (let i = 0; i < 2; i++) {
        expect(await call(pool, { type })).toEqual(image)
        expect(await call(pool, { type: 'read' })).toEqual([1, 2, 3])
      }
    },
  )

  it('is copied when a progress value wants to move it', async () => {
    const pool = open()
    const seen: unknown[] = []
    expect(await call(pool, { type: 'progress' }, { onProgress: (value) => seen.push(value) })).toEqual([1, 2, 3])
    expect(seen).toEqual([image])
  })

  it('is copied when it came with the message that is moved back', async () => {
    const pool = open()
    const sent = Uint8Array.of(4, 5)
    const message = transfer({ type: 'keep' as const, image: sent }, [sent.buffer])
    expect(await call(pool, message)).toEqual(Uint8Array.of(4, 5))
    expect(sent.length).toBe(0)
    expect(await call(pool, { type: 'answer' })).toEqual(Uint8Array.of(4, 5))
    expect(await call(pool, { type: 'read' })).toEqual([4, 5])
  })
})

describe('memory of a shared state', () => {
  it('is copied when a message of the main thread wants to move it', async () => {
    const pool = spawnPool(system, behaviour, 'images', { size: 1, state: 'shared' })
    await call(pool, { type: 'read' })
    const { image } = getState(pool) as { readonly image: Uint8Array<ArrayBuffer> }
    expect(await call(pool, transfer({ type: 'sent' as const, image }, [image.buffer]))).toEqual([1, 2, 3])
    expect(getState(pool)).toMatchObject({ image: Uint8Array.of(1, 2, 3) })
  })
})
