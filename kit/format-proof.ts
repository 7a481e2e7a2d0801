import type { ProofFinding } from './findings.ts'
import type { Proof } from './prove-handler.ts'

/** Findings of one scenario, and sentences of one finding, that are shown. */
const most = 3
/** Columns of a terminal. */
const columns = 110

/** A proof as a table that a person understands: a line for each scenario, and under it what was found. */
export function formatProof(proof: Proof): string {
  const scenarios = proof.rows.map(({ scenario }) => scenario.length)
  const width = Math.max('SCENARIO'.length, ...scenarios)
  const line = (scenario: string, runs: string, result: string) =>
    `  ${scenario.padEnd(width)}  ${runs.padStart(4)}  ${result}`
  const lines = [`${proof.handler}: ${proof.title}`, '', line('SCENARIO', 'RUNS', 'RESULT')]
  const told = new Set<string>()
  let sample = ''
  for (const row of proof.rows) {
    if (row.sample !== sample) lines.push(`  — ${row.sample}`)
    sample = row.sample
    const { length: wrong } = row.findings
    lines.push(line(row.scenario, String(row.runs), wrong === 0 ? 'ok' : `${wrong} wrong`))
    const findings = wrong === 0 ? [] : formatFindings(row.findings)
    const known = wrong > 0 && told.has(findings.join('\n'))
    lines.push(...(known ? ['      as above'] : findings))
    told.add(findings.join('\n'))
  }
  const runs = proof.rows.reduce((sum, row) => sum + row.runs, 0)
  const seconds = (proof.milliseconds / 1000).toFixed(1)
  const end = `${proof.ok ? 'Proven' : 'Not proven'}: ${runs} ${runs === 1 ? 'run' : 'runs'} in ${seconds} s.`
  return [...lines, '', `  ${end}`].join('\n')
}

/** What was found, with the places at which the same was found, and what to do about it. */
function formatFindings(findings: ProofFinding[]): string[] {
  const groups = new Map<string, { finding: ProofFinding; places: Set<string> }>()
  for (const finding of findings) {
    const key = [...finding.what, finding.advice].join('\n')
    const group = groups.get(key)
    if (group) group.places.add(finding.where)
    else groups.set(key, { finding, places: new Set([finding.where]) })
  }
  const shown = [...groups.values()].slice(0, most)
  const left = groups.size - shown.length
  const lines = shown.flatMap(({ finding: { what, advice }, places }, index) => [
    ...shorten([...places], 'places').flatMap((place) => wrap(`${place}:`, 6)),
    ...shorten(what, 'differences').flatMap((one) => wrap(one, 8)),
    // The same advice for what follows stands there.
    ...(shown[index + 1]?.finding.advice === advice ? [] : wrap(`→ ${advice}`, 6, 8)),
  ])
  return left === 0 ? lines : [...lines, `      … and ${left} more.`]
}

function shorten(list: string[], what: string): string[] {
  return list.length <= most + 1 ? list : [...list.slice(0, most), `… and ${list.length - most} more ${what}`]
}

/** A text in lines of a terminal, its first one indented by `first` columns, the others by `others`. */
function wrap(text: string, first: number, others = first + 2): string[] {
  const lines: string[] = []
  let line = ' '.repeat(first)
  for (const word of text.split(' ')) {
    const space = line.trim() === '' ? '' : ' '
    if (space && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ' '.repeat(others) + word
    } else line += space + word
  }
  return [...lines, line]
}
