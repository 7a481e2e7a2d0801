import { attackTitles } from './attack.ts'
import type { ProofKind } from './prove-case.ts'
import type { Proof } from './prove-handler.ts'
import { faultTitles } from './trouble.ts'

type Column = { title: string; kinds: ProofKind[]; tells: string }

const faultsOf = (callee: 'moodle' | 'service') =>
  (Object.keys(faultTitles) as (keyof typeof faultTitles)[]) // its own keys
    .filter((fault) => fault.startsWith('service') === (callee === 'service'))
const listed = (kinds: (keyof typeof attackTitles)[]) => kinds.map((kind) => attackTitles[kind]).join('; ')

/** The columns of the table, in its order: every kind of line that a proof may have, but what could not be loaded. */
export const columns: Column[] = [
  {
    title: 'sold',
    kinds: ['check', 'sale', 'again', 'functions'],
    tells:
      'The operator’s check finds nothing wrong; it is sold, delivered and taken back, and nobody keeps an access; the same sale again ends the same; every function of Moodle that it calls is named.',
  },
  {
    title: 'cancelled',
    kinds: ['release'],
    tells:
      'Prepared, then cancelled before payment: nothing is left. A dash: it does nothing before payment.',
  },
  {
    title: 'afterwards',
    kinds: ['life'],
    tells:
      'Each after-sale action, such as suspending, resuming, another end and another learner; and its product’s end, where it acts then.',
  },
  { title: 'dies', kinds: ['dies'], tells: `${attackTitles.dies}, and another takes over.` },
  { title: 'twice', kinds: ['twice'], tells: `${attackTitles.twice}, step by step together.` },
  {
    title: 'wakes',
    kinds: ['sleeps'],
    tells: `${attackTitles.sleeps}, at every moment, when another has done its work.`,
  },
  {
    title: 'Moodle fails',
    kinds: [...faultsOf('moodle'), 'late'],
    tells: `At every call: ${listed(faultsOf('moodle'))}; and at every call that changes something: ${attackTitles.late}.`,
  },
  {
    title: 'service fails',
    kinds: faultsOf('service'),
    tells: `At every call of a service outside Moodle: ${listed(faultsOf('service'))}. A dash: it calls none.`,
  },
  {
    title: 'many units',
    kinds: ['units'],
    tells: 'Orders of 2 and of 50 units, or as many as it sells: all at once end as one after the other.',
  },
]

const heading = '## Proofs'

/**
 * A page of Markdown with its last section, "Proofs", written anew: at a glance what became of many proofs, a line for
 * each handler with the number of runs in each column, and below what the columns mean. `linkOf` gives the address of a
 * handler's README.
 */
export function writeProofs(
  page: string,
  proofs: Proof[],
  linkOf: (handler: string) => string | undefined,
): string {
  const at = page.search(new RegExp(`^${heading}$`, 'm'))
  const before = (at < 0 ? page : page.slice(0, at)).trimEnd()
  return `${before}${before === '' ? '' : '\n\n'}${formatProofs(proofs, linkOf)}`
}

function formatProofs(proofs: Proof[], linkOf: (handler: string) => string | undefined): string {
  const wrong = proofs.filter(({ ok }) => !ok)
  const runs = proofs.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.runs, 0)
  const lines = proofs.map((proof) => {
    const link = linkOf(proof.handler)
    const name = link ? `[\`${proof.handler}\`](${link})` : `\`${proof.handler}\``
    const cells = columns.map(({ kinds }) => cell(proof, kinds))
    return line([`${name}<br>${proof.title}`, ...cells, proof.ok ? '**proven**' : '**not proven**'])
  })
  return `${[
    heading,
    '',
    'What the kit tried on these handlers, against the sandbox: a number is how often, ✓ that each time all ended as if',
    'nothing had happened.',
    '',
    line(['handler', ...columns.map(({ title }) => title), '']),
    line(['---', ...columns.map(() => '--:'), '---']),
    ...lines,
    '',
    `${proofs.length} handlers, ${runs} runs: ${wrong.length === 0 ? 'all proven' : `${wrong.length} not proven`}.`,
    '',
    line(['column', 'what each of its runs tries']),
    line(['---', '---']),
    ...columns.map(({ title, tells }) => line([title, capital(tells)])),
    '',
    'This section is written by `npx boutique test --write <page.md>`.',
  ].join('\n')}\n`
}

function cell(proof: Proof, kinds: ProofKind[]): string {
  const rows = proof.rows.filter(({ kind }) => kinds.includes(kind))
  if (rows.length === 0) return '–'
  const runs = rows.reduce((sum, row) => sum + row.runs, 0)
  const wrong = rows.reduce((sum, row) => sum + row.findings.length, 0)
  return wrong === 0 ? `✓ ${runs}` : `✗ ${wrong} of ${runs}`
}

const line = (cells: string[]) => `| ${cells.join(' | ')} |`
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
