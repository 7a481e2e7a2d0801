import { z } from '@hono/zod-openapi'
import type { Text } from '../../sdk/index.ts'

const types: Record<string, Text> = {
  string: { en: 'a text', fr: 'un texte' },
  number: { en: 'a number', fr: 'un nombre' },
  int: { en: 'a whole number', fr: 'un nombre entier' },
  boolean: { en: 'true or false', fr: 'true ou false' },
  array: { en: 'a list', fr: 'une liste' },
  object: { en: 'an object', fr: 'un objet' },
  record: { en: 'an object', fr: 'un objet' },
}

/** What a program's author is told of one finding of Zod. Forms have texts of their own, see `sdk/form.ts`. */
export function issueText(issue: z.core.$ZodIssue): Text {
  switch (issue.code) {
    case 'invalid_type': {
      const type = types[issue.expected] ?? { en: issue.expected, fr: issue.expected }
      return { en: `Expected: ${type.en}.`, fr: `Attendu : ${type.fr}.` }
    }
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ')
      return issue.values.length === 1
        ? { en: `Only ${values} can stand here.`, fr: `Seul ${values} convient ici.` }
        : { en: `One of: ${values}.`, fr: `L’un de : ${values}.` }
    }
    case 'too_small':
      return size('at least', 'au moins', issue.minimum, issue.origin)
    case 'too_big':
      return size('at most', 'au plus', issue.maximum, issue.origin)
    case 'invalid_format':
      if (issue.format === 'regex')
        return { en: 'Not of the form expected here.', fr: 'Pas de la forme attendue ici.' }
      return { en: `Not a sound ${issue.format}.`, fr: `Format incorrect (${issue.format}).` }
    case 'unrecognized_keys': {
      const keys = issue.keys.map((key) => `"${key}"`).join(', ')
      return { en: `Not known here: ${keys}.`, fr: `Inconnu ici : ${keys}.` }
    }
    case 'custom': {
      const said = ownText.safeParse(issue.params?.text)
      return said.success ? said.data : unusable
    }
    default:
      return unusable
  }
}

const unusable: Text = { en: 'This can’t be used here.', fr: 'Ceci ne convient pas ici.' }

/** What a check of ours says itself: `refine(…, { params: { text } })`. */
const ownText = z.object({ en: z.string(), fr: z.string() })

function size(en: string, fr: string, bound: number | bigint, origin: string): Text {
  switch (origin) {
    case 'string':
      return { en: `${en} ${bound} characters.`, fr: `${fr} ${bound} caractères.` }
    case 'array':
      return { en: `${en} ${bound} items.`, fr: `${fr} ${bound} éléments.` }
    default:
      return { en: `${en} ${bound}.`, fr: `${fr} ${bound}.` }
  }
}
