import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** The page as it is in the package; beside `src` and beside `dist`. */
const FOLDER = join(__dirname, '..', '..', 'page')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export interface PageFile {
  readonly type: string
  readonly body: Buffer
}

let files: ReadonlyMap<string, PageFile> | undefined

/** A file of the page by its path, as in `vendor/uPlot.esm.js`. Only what was found in the folder: a path is never looked up. */
export function fileOf(path: string): PageFile | undefined {
  files ??= new Map([...filesIn(''), ...filesIn('vendor/')])
  return files.get(path === '' ? 'index.html' : path)
}

function filesIn(folder: string): [string, PageFile][] {
  return readdirSync(join(FOLDER, folder)).flatMap((name): [string, PageFile][] => {
    const type = TYPES[extname(name)]
    return type === undefined ? [] : [[folder + name, { type, body: readFileSync(join(FOLDER, folder, name)) }]]
  })
}
