import type { z } from 'zod'
import type { FormElement } from './form-element.ts'
import type { Text } from './text.ts'

type Issue = z.core.$ZodIssue

/** What a person is told of a field that they left empty. */
export function missingText(element: FormElement): Text {
  switch (element.type) {
    case 'select':
    case 'radio':
      return { en: 'Please choose one.', fr: 'Merci de choisir.' }
    case 'checkbox':
      return { en: 'Please tick this box to go on.', fr: 'Merci de cocher cette case pour continuer.' }
    case 'list':
      return element.picker || element.options
        ? { en: 'Please choose at least one.', fr: 'Merci d’en choisir au moins un.' }
        : {
            en: 'Please give at least one, each on its own line.',
            fr: 'Merci d’en indiquer au moins un, un par ligne.',
          }
    case 'learners':
      return { en: 'Please give at least one person.', fr: 'Merci d’indiquer au moins une personne.' }
    case 'date':
      return { en: 'Please give a date.', fr: 'Merci d’indiquer une date.' }
    default:
      return element.picker
        ? { en: 'Please choose one.', fr: 'Merci de choisir.' }
        : { en: 'Please fill this in.', fr: 'Merci de remplir ce champ.' }
  }
}

/** What a person is told of a list of people, beside what is said at each row. */
export function wrongRowsText(count: number): Text {
  return count === 1
    ? { en: 'One row is to be corrected.', fr: 'Une ligne est à corriger.' }
    : { en: `${count} rows are to be corrected.`, fr: `${count} lignes sont à corriger.` }
}

/** What is told of an answer to a question that the form doesn't have. `known`: the names of those it has. */
export function unknownText(known: string[]): Text {
  const names = known.join(', ')
  return known.length === 0
    ? { en: 'This form has no fields.', fr: 'Ce formulaire n’a pas de champ.' }
    : {
        en: `This form has no such field. It has: ${names}.`,
        fr: `Ce formulaire n’a pas ce champ. Il a : ${names}.`,
      }
}

/** What a person is told of one finding of Zod, in both languages. `value` is what they gave. */
export function issueText(issue: Issue, element: FormElement, value: unknown): Text {
  const item = issue.path[1]
  if (element.type === 'list' && typeof item === 'number' && Array.isArray(value)) {
    const text = issueText({ ...issue, path: issue.path.slice(2) }, { ...element, type: 'text' }, value[item])
    if (element.picker || element.options) return text
    return { en: `Line ${item + 1}: ${text.en}`, fr: `Ligne ${item + 1} : ${text.fr}` }
  }
  switch (issue.code) {
    case 'invalid_type':
      return typeText(issue.expected, element, value)
    case 'invalid_format':
      return formatText(issue.format, element)
    case 'too_small':
      return leastText(issue, element, value)
    case 'too_big':
      return mostText(issue, element, value)
    case 'not_multiple_of':
      return {
        en: `A multiple of ${issue.divisor}, please.`,
        fr: `Un multiple de ${issue.divisor}, s’il vous plaît.`,
      }
    case 'invalid_value':
      return element.type === 'checkbox'
        ? missingText(element)
        : { en: 'Please choose one of those offered.', fr: 'Merci de choisir parmi ce qui est proposé.' }
    case 'custom':
      return isText(issue.params?.text) ? issue.params.text : { en: issue.message, fr: issue.message }
    default:
      return { en: 'This can’t be used here.', fr: 'Ceci ne convient pas ici.' }
  }
}

function typeText(expected: string, element: FormElement, value: unknown): Text {
  if (element.type === 'money' && value !== undefined) {
    return {
      en: 'An amount, please, such as 450 or 449.90.',
      fr: 'Un montant, s’il vous plaît, par exemple 450 ou 449,90.',
    }
  }
  if (expected === 'int' || (expected === 'number' && element.whole)) {
    return {
      en: 'A whole number, please, such as 12.',
      fr: 'Un nombre entier, s’il vous plaît, par exemple 12.',
    }
  }
  if (expected === 'number') {
    return {
      en: 'A number, please, such as 12 or 12.5.',
      fr: 'Un nombre, s’il vous plaît, par exemple 12 ou 12,5.',
    }
  }
  if (value === undefined) return missingText(element)
  return { en: 'This can’t be used here.', fr: 'Ceci ne convient pas ici.' }
}

function formatText(format: string, element: FormElement): Text {
  switch (format) {
    case 'email':
      return {
        en: 'This e-mail address isn’t complete. Example: name@example.org',
        fr: 'Cette adresse e-mail n’est pas complète. Exemple : nom@exemple.fr',
      }
    case 'url':
      return {
        en: 'Please give the whole address, starting with https://',
        fr: 'Merci d’indiquer l’adresse entière, à partir de https://',
      }
    case 'date':
      return {
        en: 'This date doesn’t exist. Year-month-day, such as 2027-01-31.',
        fr: 'Cette date n’existe pas. Année-mois-jour, par exemple 2027-01-31.',
      }
    case 'safeint':
      return {
        en: 'A whole number, please, such as 12.',
        fr: 'Un nombre entier, s’il vous plaît, par exemple 12.',
      }
    default:
      return (
        element.patternHelp ?? {
          en: 'This isn’t written as expected.',
          fr: 'Ceci n’est pas écrit comme attendu.',
        }
      )
  }
}

function leastText(issue: Extract<Issue, { code: 'too_small' }>, element: FormElement, value: unknown): Text {
  const least = bound(issue.minimum, element)
  if (issue.origin === 'string') {
    if (least === 1) return { en: 'Please fill this in.', fr: 'Merci de remplir ce champ.' }
    if (issue.exact) return exactText(least, value)
    return {
      en: `${least} characters at least: this has ${sizeOf(value)}.`,
      fr: `${least} caractères au moins : ceci en a ${sizeOf(value)}.`,
    }
  }
  if (issue.origin === 'array') {
    return {
      en: `${least} at least: there ${areEn(sizeOf(value))}.`,
      fr: `${least} au moins : il y en a ${sizeOf(value)}.`,
    }
  }
  return issue.inclusive === false
    ? { en: `More than ${least}, please.`, fr: `Plus de ${least}, s’il vous plaît.` }
    : { en: `${least} at least.`, fr: `${least} au moins.` }
}

function mostText(issue: Extract<Issue, { code: 'too_big' }>, element: FormElement, value: unknown): Text {
  const most = bound(issue.maximum, element)
  if (issue.origin === 'string') {
    if (issue.exact) return exactText(most, value)
    return {
      en: `${most} characters at the most: this has ${sizeOf(value)}.`,
      fr: `${most} caractères au plus : ceci en a ${sizeOf(value)}.`,
    }
  }
  if (issue.origin === 'array') {
    return {
      en: `${most} at the most: there ${areEn(sizeOf(value))}.`,
      fr: `${most} au plus : il y en a ${sizeOf(value)}.`,
    }
  }
  if (most >= Number.MAX_SAFE_INTEGER)
    return { en: 'This number is too large.', fr: 'Ce nombre est trop grand.' }
  return issue.inclusive === false
    ? { en: `Less than ${most}, please.`, fr: `Moins de ${most}, s’il vous plaît.` }
    : { en: `${most} at the most.`, fr: `${most} au plus.` }
}

/** As a person counts: money has its bounds in cents. */
function bound(limit: number | bigint, { type }: FormElement): number {
  return Number(limit) / (type === 'money' ? 100 : 1)
}

function exactText(length: number, value: unknown): Text {
  return {
    en: `Exactly ${length} characters: this has ${sizeOf(value)}.`,
    fr: `Exactement ${length} caractères : ceci en a ${sizeOf(value)}.`,
  }
}

function areEn(count: number): string {
  return count === 1 ? 'is 1' : `are ${count}`
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : 0
}

function isText(value: unknown): value is Text {
  return (
    typeof value === 'object' &&
    value !== null &&
    'en' in value &&
    'fr' in value &&
    typeof value.en === 'string' &&
    typeof value.fr === 'string'
  )
}
