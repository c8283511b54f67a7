import { open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces a file. A crash leaves the old file or the new one, and a failure leaves the old one alone. */
export async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.new`
  try {
    await writeWhole(temporary, bytes)
    await rename(temporary, path)
  } catch (error) {
    // On a full disk, others need its room.
    await unlink(temporary).catch(() => undefined)
    throw error
  }
  await syncDirectory(path)
}

async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, 'w')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a new file name safe, which needs a sync of its directory. Windows has no such sync. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(dirname(path), 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
