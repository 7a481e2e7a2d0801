import type { Part } from '../db/schema.ts'
import { handlerOf } from '../production/registry.ts'
import { elementsOf, type FormErrors, parseElements, validate } from '../sdk/form.ts'
import type { FormElement } from '../sdk/form-element.ts'
import { type Finding, type Handler, MoodleError, type Text } from '../sdk/index.ts'
import { type EntryPart, isBundle, ofPart, priceOfParts, whyNoPart, whyNoParts } from './bundle.ts'
import { bundlesWith, mostUnitsOfAnOrder, readParts } from './entry.ts'
import { openKnownSecrets } from './seal.ts'
import type { Shop } from './shop.ts'

/** What an operator sends to save an entry, already read from the form or the API's body. */
export type EntryDraft = {
  code: string
  title: Text
  summary: Text
  description: Text
  category: Text
  priceCents: number
  vatBasisPoints: number
  handler: string | null
  internal: Record<string, unknown>
  fields: unknown
  /** Of a bundle, which has neither a handler nor fields of its own. */
  parts?: Part[]
  maxQuantity: number | null
  position: number
}

/** What is wrong with an entry, each said where it belongs on its form. */
export type EntryErrors = {
  /** By field of the entry itself. */
  entry: FormErrors
  /** By internal parameter. */
  internal: FormErrors
  /** In the operator's own fields, by path. */
  fields: { path: string; text: Text }[]
}

export type CheckedEntry = {
  /** It may be kept as a draft: its own fields are sound. */
  savable: boolean
  /** It may be put on sale: its internal parameters are sound too, and its handler finds no error on the site. */
  sellable: boolean
  errors: EntryErrors
  findings: Finding[]
  internal: Record<string, unknown>
  fields: FormElement[]
}

/** All that saving an entry checks, the live site included, without saving it. */
export async function checkEntry(shop: Shop, draft: EntryDraft): Promise<CheckedEntry> {
  const { parts = [] } = draft
  const fields = parseElements(draft.fields)
  const checked = await checkProduction(shop, draft)
  const itself = draft.handler !== null || (fields.ok && fields.elements.length > 0)
  const wrongParts = isBundle({ parts }) ? (itself ? onlyParts : whyNoParts(draft.code, parts)) : undefined
  const errors: EntryErrors = {
    entry: { ...checkTexts(draft), ...(wrongParts && { parts: wrongParts }) },
    internal: checked.errors,
    fields: fields.ok ? [] : fields.errors,
  }
  const savable = Object.keys(errors.entry).length === 0 && fields.ok
  return {
    savable,
    sellable: savable && checked.sound && !checked.findings.some((finding) => finding.level === 'error'),
    errors,
    findings: checked.findings,
    internal: checked.internal,
    fields: fields.ok ? fields.elements : [],
  }
}

const onlyParts = {
  en: 'A bundle has neither a handler nor fields of its own: its parts have them.',
  fr: 'Une offre groupée n’a ni gestionnaire ni champs à elle : ce sont ses parties qui en ont.',
}

const codePattern = /^[A-Z0-9][A-Z0-9-]{1,39}$/

function checkTexts(draft: EntryDraft): FormErrors {
  const errors: FormErrors = {}
  if (!codePattern.test(draft.code)) {
    errors.code = {
      en: 'Two to forty capitals, digits and hyphens, such as EXCEL-1.',
      fr: 'De deux à quarante capitales, chiffres et tirets, par exemple EXCEL-1.',
    }
  }
  for (const name of ['title', 'summary', 'category'] as const) {
    if (draft[name].en.trim() === '' || draft[name].fr.trim() === '') {
      errors[name] = { en: 'Write this in both languages.', fr: 'À écrire dans les deux langues.' }
    }
  }
  if (!Number.isSafeInteger(draft.priceCents) || draft.priceCents < 0 || draft.priceCents > 100_000_000) {
    errors.price = { en: 'A price between 0 and 1,000,000.', fr: 'Un prix entre 0 et 1 000 000.' }
  }
  if (!Number.isInteger(draft.vatBasisPoints) || draft.vatBasisPoints < 0 || draft.vatBasisPoints > 10_000) {
    errors.vat = { en: 'A rate between 0 and 100 %.', fr: 'Un taux entre 0 et 100 %.' }
  }
  const most = draft.maxQuantity
  if (most !== null && (!Number.isInteger(most) || most < 1 || most > mostUnitsOfAnOrder)) {
    errors.maxQuantity = {
      en: `A whole number from 1 to ${mostUnitsOfAnOrder}, or nothing.`,
      fr: `Un nombre entier de 1 à ${mostUnitsOfAnOrder}, ou rien.`,
    }
  }
  return errors
}

/**
 * Checks what an entry is produced by: its handler's parameters, or each part of a bundle. A part need not be on sale
 * itself, but it must be able to be.
 */
export async function checkProduction(
  shop: Shop,
  draft: Pick<EntryDraft, 'code' | 'handler' | 'internal' | 'parts' | 'priceCents'>,
): Promise<CheckedInternal> {
  const parts = await readParts(shop.db, draft.parts ?? [])
  if (parts.length === 0) return await checkInternal(shop, draft)
  const [checks, owners] = await Promise.all([
    Promise.all(parts.map((part) => checkPart(shop, part))),
    bundlesWith(shop.db, draft.code),
  ])
  const findings = checks.flatMap((check) => check.findings)
  if (owners.length > 0) {
    const text = {
      en: `It is a part of ${owners.join(', ')}, and so it can’t be a bundle.`,
      fr: `Elle fait partie de ${owners.join(', ')} : elle ne peut pas être une offre groupée.`,
    }
    findings.push({ field: 'parts', level: 'error', text })
  }
  if (draft.priceCents > priceOfParts(parts)) {
    const text = {
      en: 'Its parts are cheaper one by one.',
      fr: 'Achetées une à une, ses parties coûtent moins cher.',
    }
    findings.push({ field: 'parts', level: 'warning', text })
  }
  return { sound: checks.every((check) => check.sound), internal: {}, errors: {}, findings }
}

async function checkPart(shop: Shop, part: EntryPart): Promise<{ sound: boolean; findings: Finding[] }> {
  const why = whyNoPart(part, shop.settings.currency)
  if (why) return { sound: false, findings: [{ field: 'parts', level: 'error', text: why }] }
  if (!part.entry) return { sound: false, findings: [] }
  const { sound, errors, findings } = await checkInternal(shop, part.entry)
  const unset = {
    en: 'Its parameters are not complete: open it and put them right.',
    fr: 'Ses paramètres sont incomplets : ouvrez-la et corrigez-les.',
  }
  const found = Object.keys(errors).length > 0 ? [{ level: 'error' as const, text: unset }] : findings
  return { sound, findings: found.map((finding) => ofPart(part, finding)) }
}

type CheckedInternal = {
  sound: boolean
  internal: Record<string, unknown>
  errors: FormErrors
  findings: Finding[]
}

/** Validates internal parameters against the handler's schema, then asks the handler to check them on the live site. */
export async function checkInternal(
  shop: Shop,
  draft: Pick<EntryDraft, 'code' | 'handler' | 'internal'>,
): Promise<CheckedInternal> {
  const found = handlerOf(shop.registry(), draft)
  if (found === undefined) return { sound: true, internal: {}, errors: {}, findings: [] }
  if (found === 'missing') {
    const specific = draft.handler === 'specific'
    const text = specific
      ? {
          en: `No handler named ${draft.code} is installed: a specific handler is a folder with the entry's code.`,
          fr: `Aucun gestionnaire nommé ${draft.code} n’est installé : un gestionnaire spécifique est un dossier au nom du code de l’entrée.`,
        }
      : {
          en: `The handler ${draft.handler} is not installed, or can't be loaded.`,
          fr: `Le gestionnaire ${draft.handler} n’est pas installé, ou ne peut être chargé.`,
        }
    return {
      sound: false,
      internal: draft.internal,
      errors: {},
      findings: [{ field: 'handler', level: 'error', text }],
    }
  }
  const { handler } = found
  const given = openKnownSecrets(shop.seal, draft.internal)
  const read = validate(handler.internal, elementsOf(handler.internal), given)
  if (!read.ok) return { sound: false, internal: draft.internal, errors: read.errors, findings: [] }
  return {
    sound: true,
    internal: read.value,
    errors: {},
    findings: await findingsOf(shop, handler, read.value),
  }
}

async function findingsOf(
  shop: Shop,
  handler: Handler,
  internal: Record<string, unknown>,
): Promise<Finding[]> {
  const findings: Finding[] = []
  try {
    const info = await shop.site.siteInfo()
    const missing = (handler.functions ?? []).filter((name) => !info.functions.has(name))
    if (missing.length > 0) {
      findings.push({
        level: 'error',
        text: {
          en: `The web service of this Moodle lacks: ${missing.join(', ')}.`,
          fr: `Il manque au service web de ce Moodle : ${missing.join(', ')}.`,
        },
      })
    }
    if (handler.check) findings.push(...(await handler.check({ internal, moodle: shop.site })))
  } catch (error) {
    shop.log.warn({ err: error }, 'an entry could not be checked')
    const why = error instanceof Error ? error.message : String(error)
    const text =
      error instanceof MoodleError
        ? { en: `Moodle could not be asked: ${why}`, fr: `Moodle n’a pas pu être interrogé : ${why}` }
        : {
            en: `The handler's own check failed: ${why}`,
            fr: `La vérification du gestionnaire a échoué : ${why}`,
          }
    findings.push({ level: 'error', text })
  }
  return findings
}
