import type { ElementsError, FormErrors } from '../../../sdk/form.ts'
import type { Finding, Text } from '../../../sdk/index.ts'
import type { EntryErrors } from '../../../shop/check-entry.ts'

/** What is wrong with what was typed, each thing at its place. */
export type Wrong = { own: FormErrors; internal: FormErrors; fields: ElementsError[]; findings: Finding[] }

export const nothingWrong: Wrong = { own: {}, internal: {}, fields: [], findings: [] }

/** The shop's errors at the fields of this form, which has one for each language. */
export function placed({ entry, internal, fields }: EntryErrors): Omit<Wrong, 'findings'> {
  const own = Object.entries(entry).flatMap(([name, text]) =>
    ['title', 'summary', 'category'].includes(name)
      ? [[`${name}En`, text] as const, [`${name}Fr`, text] as const]
      : [[name, text] as const],
  )
  return { own: Object.fromEntries(own), internal, fields }
}

/** The errors of the internal parameters: of their own, and those that the handler's check found. */
export function internalErrors(wrong: Wrong): FormErrors {
  return { ...atFields(wrong.findings, 'error'), ...wrong.internal }
}

/** What keeps the parts of a bundle from being sold. */
export function partErrors({ own, findings }: Wrong): Text[] {
  const found = findings.filter(({ field, level }) => field === 'parts' && level === 'error')
  return [...(own.parts ? [own.parts] : []), ...found.map(({ text }) => text)]
}

/** The findings of one level at the fields that they concern; several of one field are one text. */
export function atFields(findings: Finding[], level: Finding['level']): FormErrors {
  const errors: FormErrors = {}
  for (const finding of findings) {
    if (finding.level !== level || finding.field === undefined || finding.field === 'handler') continue
    const before: Text | undefined = errors[finding.field]
    errors[finding.field] = before
      ? { en: `${before.en} ${finding.text.en}`, fr: `${before.fr} ${finding.text.fr}` }
      : finding.text
  }
  return errors
}
