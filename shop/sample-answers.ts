import type { FormValues } from '../sdk/form.ts'
import type { FormElement } from '../sdk/form-element.ts'

const people = [
  ['Ada', 'Martin'],
  ['Bilal', 'Petit'],
  ['Chloé', 'Bernard'],
  ['David', 'Roux'],
] as const

/**
 * Made-up answers to a form, for the n-th unit (from 1): what must be answered, or `all`. What nobody can make up is left
 * out: a choice on the site, a text of a certain pattern.
 */
export function sampleAnswers(
  elements: FormElement[],
  n: number,
  { all = false }: { all?: boolean } = {},
): FormValues {
  const wanted = elements.filter((element) => element.default === undefined && (all || element.required))
  return Object.fromEntries(
    wanted.flatMap((element) => {
      const value = sampleAnswer(element, n)
      return value === undefined ? [] : [[element.name, value]]
    }),
  )
}

function sampleAnswer(element: FormElement, n: number): unknown {
  const [firstname, lastname] = people[(n - 1) % people.length] ?? people[0]
  if (element.picker || element.pattern) return undefined
  switch (element.type) {
    case 'email':
      return emailOf(firstname, n)
    case 'number':
      return element.min ?? Math.min(element.max ?? 1, 1)
    case 'money':
      return element.min ?? Math.min(element.max ?? 10_000, 10_000)
    case 'checkbox':
      return true
    case 'select':
    case 'radio':
      return element.options?.[0]?.value
    case 'date':
      return new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10)
    case 'url':
      return `https://sample.example/${n}`
    case 'list':
      return [element.options?.[0]?.value ?? (element.whole ? 1 : `Sample ${n}`)]
    case 'learners':
      return people
        .map(([firstname, lastname]) => ({ email: emailOf(firstname, n), firstname, lastname }))
        .slice(0, element.max)
    case 'tel':
      return '+33 1 23 45 67 89'
    case 'text':
    case 'textarea':
    case 'secret': {
      if (element.forMe === 'firstname') return firstname
      if (element.forMe === 'lastname') return lastname
      return `Sample ${n}`.padEnd(element.min ?? 0, '.').slice(0, element.max)
    }
    default:
      return element.type satisfies never
  }
}

function emailOf(firstname: string, n: number): string {
  const plain = firstname.normalize('NFD').replaceAll(/[^a-z]/gi, '')
  return `${plain.toLowerCase()}.${n}@learners.example`
}
