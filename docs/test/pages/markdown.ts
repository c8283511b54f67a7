/** A ```ts block of a page. */
interface Block {
  /** The line of its first line of code, counted from 1. */
  readonly line: number
  readonly code: string
}

/** The code of one or more blocks of a page that belong together. */
export interface Program {
  readonly line: number
  readonly code: string
}

/** A link of a page: `target#anchor`. The target is empty for a link within the page. */
export interface Link {
  readonly line: number
  readonly target: string
  readonly anchor: string | undefined
}

/**
 * The programs of a page: a block that imports something starts a new one, any other block continues the one before. So a
 * page may explain one program piece by piece, and each program can be copied into a file and run.
 */
export function programsOf(markdown: string): Program[] {
  const programs: Program[] = []
  for (const block of blocksOf(markdown)) {
    if (fileName(block) !== undefined) continue
    const last = programs.at(-1)
    if (last === undefined || /^import /m.test(block.code)) programs.push(block)
    else programs[programs.length - 1] = { line: last.line, code: join(last, block) }
  }
  return programs
}

/** The files that the programs of a page load: blocks that begin with their name, as in `// thumbnails.ts`. */
export function filesOf(markdown: string): ReadonlyMap<string, Program> {
  const named = blocksOf(markdown).map((block) => [fileName(block), block] as const)
  return new Map(named.filter((each): each is [string, Block] => each[0] !== undefined))
}

/** The program itself may have a name, too: `main.ts`. */
function fileName({ code }: Block): string | undefined {
  const name = /^\/\/ ([\w-]+\.ts)\n/.exec(code)?.[1]
  return name === 'main.ts' ? undefined : name
}

/** Keeps the line numbers of the page, so that a failure names the line to look at. */
function join(program: Program, block: Block): string {
  const lines = program.code.split('\n').length
  return program.code + '\n'.repeat(Math.max(1, block.line - program.line - lines + 1)) + block.code
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { line: number; fence: string; language: string; code: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, fence, language] = /^(`{3,}|~{3,})\s*(\w*)/.exec(line) ?? []
    if (open === undefined) {
      if (fence !== undefined) open = { line: index + 2, fence, language: language ?? '', code: [] }
    } else if (line.trimEnd() === open.fence) {
      if (open.language === 'ts') blocks.push({ line: open.line, code: open.code.join('\n') })
      open = undefined
    } else open.code.push(line)
  }
  if (open !== undefined) throw new Error(`The block before line ${open.line} is not closed.`)
  return blocks
}

/** The lines of a page that are not inside a fenced block, with their numbers. */
function* proseOf(markdown: string): Generator<[line: number, text: string]> {
  let fence: string | undefined
  for (const [index, text] of markdown.split('\n').entries()) {
    const mark = /^(`{3,}|~{3,})/.exec(text)?.[1]
    if (fence === undefined && mark === undefined) yield [index + 1, text]
    else if (fence === undefined) fence = mark
    else if (text.trimEnd() === fence) fence = undefined
  }
}

/** Links of markdown, attributes of HTML, and `link:` in the front matter. */
const LINK = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|\b(?:href|src)="([^"]+)"|^\s*link: (\S+)/g

/** The links and images of a page that lead into the repository: all but those with a scheme. */
export function localLinksOf(markdown: string): Link[] {
  const links: Link[] = []
  for (const [line, text] of proseOf(markdown)) {
    for (const match of text.replace(/`[^`]*`/g, '').matchAll(LINK)) {
      const link = match[1] ?? match[2] ?? match[3] ?? ''
      if (/^[a-z][a-z+.-]*:/i.test(link)) continue
      const [target = '', anchor] = link.split('#')
      links.push({ line, target, anchor })
    }
  }
  return links
}

/** The headings of a page, without their marks. */
export function headingsOf(markdown: string): string[] {
  return [...proseOf(markdown)].flatMap(([, text]) => {
    const heading = /^#{1,6} (.+)$/.exec(text)?.[1]
    return heading === undefined ? [] : [heading.replace(/`/g, '')]
  })
}
