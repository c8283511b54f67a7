import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { newBucket, connected, machine, up, sees, until } from './faulty'

describe('a bucket that was deleted', () => {
  const deleted = {
    code: 'ERR_GENPOOL_NOT_COMMITTED',
    mayBeCommitted: false,
    message: expect.stringMatching(/bucket "faults-\d+": it was deleted.*restore\(\)/s) as string,
  }

  it('refuses commits, keeps the values, and goes on when one machine has restored it', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket, { every: 100 })]
    for (let i = 0; i < 5; i++) await up(here)
    await sees(there, 5)
    await (await jetstreamManager(await connected())).streams.delete(`KV_${bucket}`)
    await expect(up(here)).rejects.toMatchObject(deleted)
    await expect(here.fresh('x')).rejects.toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE' })
    expect([here.get('x'), there.get('x')]).toEqual([5, 5])
    expect(await here.restore()).toBe(1)
    expect(await up(here)).toBe(6)
    expect(await until(() => up(there))).toBe(7)
    await sees(here, 7)
    expect(await machine(bucket).then((late) => late.get('x'))).toBe(7)
  })

  it('also if somebody has made an empty one in its place', async () => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket)]
    for (let i = 0; i < 3; i++) await up(here)
    await sees(there, 3)
    const connection = await connected()
    await (await jetstreamManager(connection)).streams.delete(`KV_${bucket}`)
    await new Kvm(connection).create(bucket)
    const refused = { code: 'ERR_GENPOOL_NOT_COMMITTED', mayBeCommitted: false }
    await expect(up(here)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/deleted.*restore\(\)/) as string,
    })
    await expect(up(there)).rejects.toMatchObject(refused)
    expect(await there.restore()).toBe(1)
    expect(await here.restore()).toBe(0)
    expect([await up(here), await up(there)]).toEqual([4, 5])
  })
})

describe('restore', () => {
  it('also brings cells back that were not used here since the start', async () => {
    const bucket = newBucket()
    await up(await machine(bucket))
    const here = await machine(bucket)
    await (await jetstreamManager(await connected())).streams.delete(`KV_${bucket}`)
    expect(await here.restore()).toBe(1)
    expect([here.get('x'), await up(here)]).toEqual([1, 2])
  })

  it('takes an earlier revision of the bucket if this process has never known a good one', async () => {
    const bucket = newBucket()
    const before = await machine(bucket)
    for (let i = 0; i < 3; i++) await up(before)
    before.destroy()
    await (await new Kvm(await connected()).open(bucket)).put('x', 'nonsense')
    const here = await machine(bucket)
    await expect(up(here)).rejects.toThrow(/is none of a store/)
    expect(() => here.get('x')).toThrow(/is none of a store/)
    expect(await here.restore()).toBe(1)
    expect([here.get('x'), await up(here)]).toEqual([3, 4])
  })

  it('leaves alone what was deleted before the process began: it begins anew', async () => {
    const bucket = newBucket()
    const before = await machine(bucket)
    await up(before)
    before.destroy()
    await (await new Kvm(await connected()).open(bucket)).delete('x')
    const here = await machine(bucket)
    expect([await here.restore(), await up(here)]).toEqual([0, 1])
  })

  it('leaves an entry alone of which nothing good is known, and whoever uses it is told', async () => {
    const bucket = newBucket()
    await (await new Kvm(await connected()).create(bucket)).put('x', 'nonsense')
    const store = await machine(bucket)
    expect(await store.restore()).toBe(0)
    await expect(store.fresh('x')).rejects.toMatchObject({
      code: 'ERR_GENPOOL_UNREACHABLE',
      message: expect.stringMatching(/entry "x".*is none of a store/) as string,
    })
  })
})

describe('an entry that somebody else has changed', () => {
  it.each([
    ['written', /revision 3 of entry "x" of bucket "faults-\d+" is none of a store: it cannot be decoded/],
    ['deleted', /entry "x" of bucket "faults-\d+" was deleted/],
    ['purged', /entry "x" of bucket "faults-\d+" was deleted/],
  ])('refuses commits and keeps the value when it was %s, until it is restored', async (how, message) => {
    const bucket = newBucket()
    const [here, there] = [await machine(bucket), await machine(bucket)]
    await up(here)
    expect(await up(here)).toBe(2)
    await sees(there, 2)
    const kv = await new Kvm(await connected()).open(bucket)
    if (how === 'written') await kv.put('x', 'nonsense')
    else if (how === 'deleted') await kv.delete('x')
    else await kv.purge('x')
    for (const store of [here, there]) {
      await expect(up(store)).rejects.toMatchObject({
        mayBeCommitted: false,
        message: expect.stringMatching(message) as string,
      })
      await expect(store.cell('x').hold()).rejects.toThrow(message)
      expect(store.get('x')).toBe(2)
    }
    expect(await there.restore()).toBe(1)
    expect([await up(here), await up(there)]).toEqual([3, 4])
  })

  it('also if the value is none that the validator takes', async () => {
    const bucket = newBucket()
    const strict = await machine(bucket, { validate: ((n: number) => n < 3) as never })
    const lax = await machine(bucket)
    await up(lax)
    // A machine that has known a good value keeps it.
    expect(await strict.fresh('x')).toBe(1)
    for (let i = 0; i < 2; i++) await up(lax)
    const message = /entry "x" of bucket "faults-\d+" has a value that "validate" refuses here/
    await expect(up(strict)).rejects.toThrow(message)
    expect(strict.get('x')).toBeLessThan(3)
    // It is damaged for nobody else: nothing is written over it.
    await expect(strict.restore()).rejects.toThrow(message)
    expect(await lax.fresh('x')).toBe(3)
    const late = await machine(bucket, { validate: ((n: number) => n < 3) as never })
    // Who has never known a good value serves no other one in its place.
    const refused = /value that store "faults-\d+" has of cell "x" was refused; it stays as it is/
    expect(() => late.get('x')).toThrow(refused)
    await expect(up(late)).rejects.toThrow(refused)
    await expect(late.fresh('x')).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    await lax.put('x', 0)
    expect([await up(strict), await up(late)]).toEqual([1, 2])
  })
})
