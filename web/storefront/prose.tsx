/**
 * An operator's text: paragraphs apart by an empty line, "## " before a heading, "- " before each item of a list.
 * Everything else stays as it was typed.
 */
export function Prose({ text }: { text: string }) {
  const blocks = text
    .trim()
    .split(/\n\s*\n/)
    .flatMap(splitBlock)
  return (
    <div class="prose">
      {blocks.map((block) => {
        if (block.kind === 'heading') return <h2>{block.text}</h2>
        if (block.kind === 'text') return <p>{block.text}</p>
        return (
          <ul>
            {block.items.map((item) => (
              <li>{item}</li>
            ))}
          </ul>
        )
      })}
    </div>
  )
}

type Block =
  | { kind: 'heading'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'list'; items: string[] }

/** A heading or a list may touch the text beside it. */
function splitBlock(block: string): Block[] {
  const blocks: Block[] = []
  for (const line of block.split('\n').map((one) => one.trim())) {
    const last = blocks.at(-1)
    if (line.startsWith('## ')) blocks.push({ kind: 'heading', text: line.slice(3) })
    else if (line.startsWith('- ')) {
      if (last?.kind === 'list') last.items.push(line.slice(2))
      else blocks.push({ kind: 'list', items: [line.slice(2)] })
    } else if (last?.kind === 'text') last.text += ` ${line}`
    else blocks.push({ kind: 'text', text: line })
  }
  return blocks
}
