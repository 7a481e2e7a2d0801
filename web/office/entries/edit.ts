import type { EntryState } from '../../../db/schema.ts'
import type { FormErrors } from '../../../sdk/form.ts'
import { whyNoParts } from '../../../shop/bundle.ts'
import { checkEntry, checkProduction, type EntryDraft } from '../../../shop/check-entry.ts'
import { type Entry, findEntry } from '../../../shop/entry.ts'
import { saveEntry } from '../../../shop/save-entry.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { readBody } from '../../security.ts'
import { textOf } from '../field.tsx'
import { notFound, type OfficeContext, parameter, readId } from '../office-route.ts'
import { redirectTo } from '../page.tsx'
import { within } from '../within.ts'
import { draftOf, readTyped, typedOf } from './entry-form.ts'
import { entryPage } from './entry-page.tsx'
import { nothingWrong, placed, type Wrong } from './wrong.ts'

const intents = ['draft', 'sale', 'retire', 'save', 'refresh'] as const
const wanted = { draft: 'draft', sale: 'on_sale', retire: 'retired' } as const satisfies Record<
  string,
  EntryState
>
const outcomes = { draft: 'draftSaved', on_sale: 'onSale', retired: 'retired' } as const

export async function newEntry(c: OfficeContext, face: Face) {
  return await entryPage(c, face, { entry: undefined, typed: typedOf(undefined, c.var.locale) })
}

/** An entry to edit, checked against the live site as it is opened. */
export async function showEntry(c: OfficeContext, face: Face) {
  const entry = await entryOf(c, face)
  const checked = await within(6000, checkProduction(face.shop, entry), undefined)
  return await entryPage(c, face, {
    entry,
    typed: typedOf(entry, c.var.locale),
    wrong: checked && { ...nothingWrong, internal: checked.errors, findings: checked.findings },
    unchecked: checked === undefined,
  })
}

export async function createEntry(c: OfficeContext, face: Face) {
  return await save(c, face, undefined)
}

export async function changeEntry(c: OfficeContext, face: Face) {
  return await save(c, face, await entryOf(c, face))
}

async function entryOf(c: OfficeContext, face: Face): Promise<Entry> {
  return (await findEntry(face.shop.db, parameter(c, 'code'))) ?? notFound()
}

async function save(c: OfficeContext, face: Face, entry: Entry | undefined) {
  const { shop } = face
  const body = await readBody(c)
  const typed = readTyped(shop, body, entry)
  const intent = intents.find((one) => one === textOf(body.intent)) ?? 'save'
  if (intent === 'refresh') {
    const wrong = typed.parts && (await judgeParts(face, draftOf(typed).draft))
    return await entryPage(c, face, { entry, typed, wrong })
  }
  const state = intent === 'save' ? (entry?.state ?? 'draft') : wanted[intent]
  const { draft, errors } = draftOf(typed)
  if (Object.keys(errors).length > 0) {
    const wrong = await judge(face, draft, errors)
    return await entryPage(c, face, { entry, typed, wrong, refused: 'invalid' })
  }
  const revision = entry && (readId(textOf(body.revision)) ?? 0)
  const saved = await saveEntry(shop, draft, { state, ...(revision === undefined ? {} : { revision }) })
  if (saved.ok) {
    return redirectTo(c, routes.office.entries.show(saved.entry.code), outcomes[saved.entry.state])
  }
  const wrong: Wrong = { ...placed(saved.errors), findings: saved.findings }
  switch (saved.reason) {
    case 'code_taken':
      wrong.own.code = { en: 'Another entry has this code.', fr: 'Une autre entrée a ce code.' }
      return await entryPage(c, face, { entry, typed, wrong, refused: 'invalid' })
    case 'stale': {
      const now = entry && (await findEntry(shop.db, entry.code))
      return await entryPage(c, face, { entry: now, typed, wrong, refused: 'stale' })
    }
    case 'invalid': {
      const only = Object.keys(wrong.own).length === 0 && wrong.fields.length === 0
      return await entryPage(c, face, { entry, typed, wrong, refused: only ? 'unsellable' : 'invalid' })
    }
    default:
      return saved.reason satisfies never
  }
}

/** What is wrong with the parts of a bundle, while it is still being written. */
async function judgeParts(face: Face, draft: EntryDraft): Promise<Wrong | undefined> {
  const { code, parts = [] } = draft
  if (parts.length === 0) return undefined
  const checked = await within(4000, checkProduction(face.shop, draft), undefined)
  const why = whyNoParts(code, parts)
  return { ...nothingWrong, own: why ? { parts: why } : {}, findings: checked?.findings ?? [] }
}

/** All that is wrong at once, also when the entry's own fields keep it from being saved. */
async function judge(face: Face, draft: EntryDraft, own: FormErrors): Promise<Wrong> {
  const checked = await within(6000, checkEntry(face.shop, draft), undefined)
  if (!checked) return { ...nothingWrong, own }
  const wrong = placed(checked.errors)
  return { ...wrong, own: { ...wrong.own, ...own }, findings: checked.findings }
}
