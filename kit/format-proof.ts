import type { Proof } from './prove-handler.ts'

/** A proof as a table that a person understands: a line for each scenario, and under it what was found. */
export function formatProof(proof: Proof): string {
  const scenarios = proof.rows.map(({ scenario }) => scenario)
  const width = Math.max('SCENARIO'.length, ...scenarios.map(({ length }) => length))
  const line = (scenario: string, runs: string, result: string) =>
    `  ${scenario.padEnd(width)}  ${runs.padStart(4)}  ${result}`
  const runs = proof.rows.reduce((sum, row) => sum + row.runs, 0)
  const lines = [`${proof.handler}: ${proof.title}`, '', line('SCENARIO', 'RUNS', 'RESULT')]
  let sample = ''
  for (const row of proof.rows) {
    if (row.sample !== sample) lines.push(`  — ${row.sample}`)
    sample = row.sample
    const { length: faults } = row.findings
    lines.push(line(row.scenario, String(row.runs), faults === 0 ? 'ok' : `${faults} wrong`))
    for (const [index, { where, what, advice }] of row.findings.entries()) {
      if (index === shown) lines.push(`      … and ${faults - shown} more like these`)
      if (index >= shown) break
      lines.push(`      ${where}:`, ...what.slice(0, shown).map((one) => `        ${one}`))
      if (row.findings[index + 1]?.advice !== advice || index === shown - 1) lines.push(`      → ${advice}`)
    }
  }
  const seconds = (proof.milliseconds / 1000).toFixed(1)
  return [...lines, '', `  ${proof.ok ? 'Proven' : 'Not proven'}: ${runs} runs in ${seconds} s.`].join('\n')
}

/** Findings of one scenario, and sentences of one finding, that are shown. */
const shown = 3
