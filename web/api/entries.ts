import { z } from '@hono/zod-openapi'
import { handlerOf } from '../../production/registry.ts'
import { type FormErrors, unknownFields } from '../../sdk/form.ts'
import { formElement } from '../../sdk/form-element.ts'
import { checkEntry, type EntryDraft, type EntryErrors } from '../../shop/check-entry.ts'
import { type Entry, findEntry, listEntries } from '../../shop/entry.ts'
import { formsOf, formsOfHandler, hideSecrets, keepSecrets } from '../../shop/hide-secrets.ts'
import { type SavedEntry, saveEntry } from '../../shop/save-entry.ts'
import type { Face } from '../face.ts'
import { type Answered, type Operation, operation, root } from './operation.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { type Fault, type Problem, pointerTo, refuse } from './problem.ts'
import { cents, currency, entryCode, exampleText, text } from './values.ts'

const entryState = z.enum(['draft', 'on_sale', 'retired'])

const handlerChoice = z
  .string()
  .regex(/^(specific|(std|ext)_[a-z0-9_]+)$/)
  .nullable()
  .openapi({ description: 'A handler’s identifier; `specific`: the one named after the code; null: none.' })

const part = z.object({ code: entryCode, quantity: z.int() })

const entry = z
  .object({
    code: entryCode,
    state: entryState,
    title: text,
    summary: text,
    description: text,
    category: text,
    priceCents: cents,
    currency,
    vatBasisPoints: z.int(),
    handler: handlerChoice,
    internal: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'The internal parameters, without their secrets.' }),
    fields: z.array(formElement),
    parts: z.array(part).openapi({ description: 'Of a bundle: what one is made of.' }),
    maxQuantity: z.int().nullable(),
    position: z.int(),
    revision: z.int(),
  })
  .openapi('Entry')

const finding = z
  .object({ field: z.string().optional(), level: z.enum(['error', 'warning']), text })
  .openapi('Finding', { description: 'What the handler’s own check found on the live site.' })

const entryWithFindings = entry.extend({ findings: z.array(finding) }).openapi('SavedEntry')

const written = (most: number) => z.object({ en: z.string().max(most), fr: z.string().max(most) })

const draft = z.object({
  state: entryState.default('draft'),
  title: written(200),
  summary: written(500),
  description: written(20_000).default({ en: '', fr: '' }),
  category: written(100),
  priceCents: z.int(),
  vatBasisPoints: z.int(),
  handler: handlerChoice.default(null),
  internal: z.record(z.string().max(60), z.unknown()).default({}).openapi({
    description:
      'Answers to the handler’s internal form; a field that it doesn’t have is refused. A secret that is left out stays as it was.',
  }),
  fields: z
    .array(z.unknown())
    .default([])
    .openapi({ description: 'The training organisation’s own fields, see FormElement.' }),
  parts: z
    .array(part)
    .default([])
    .openapi({
      description:
        'Makes it a bundle: at the most 20 other entries with 50 units in all, each of which is produced by its own ' +
        'handler. They need not be on sale. A bundle has no handler and no fields, and its VAT is that of its parts.',
    }),
  maxQuantity: z.int().nullable().default(null),
  position: z.int().min(-1_000_000).max(1_000_000).default(0),
})

const newDraft = draft.extend({ code: entryCode })

const exampleEntry: z.input<typeof entry> = {
  code: 'EXCEL-1',
  state: 'on_sale',
  title: exampleText,
  summary: { en: 'Two days to master tables.', fr: 'Deux jours pour maîtriser les tableaux.' },
  description: { en: 'From the first cell to the pivot table.', fr: 'De la cellule au tableau croisé.' },
  category: { en: 'Office', fr: 'Bureautique' },
  priceCents: 49_000,
  currency: 'EUR',
  vatBasisPoints: 2000,
  handler: 'std_enroloncourse',
  internal: { course: 12, role: 'student' },
  fields: [],
  parts: [],
  maxQuantity: null,
  position: 10,
  revision: 1,
}
const { currency: _, revision: __, ...exampleDraft } = exampleEntry
const { code: ___, ...exampleChange } = exampleDraft

const code = z.object({ code: entryCode.openapi({ example: 'EXCEL-1' }) })

/** The catalog as operators write it. */
export const entryOperations: Operation[] = [
  operation(
    {
      id: 'listEntries',
      method: 'get',
      path: '/entries',
      tag: 'Entries',
      summary: 'List and search the entries, by code',
      access: { role: 'viewer' },
      query: pageQuery(entryCode).extend({
        state: entryState.optional(),
        search: z.string().max(200).optional(),
      }),
      answer: {
        description: 'A page of entries, in every state.',
        schema: pageOf(entry),
        example: { items: [exampleEntry], next: null },
      },
    },
    async (asked) => {
      const { entries, next } = await listEntries(asked.face.shop.db, asked.query)
      return answerPage(
        asked,
        entries.map((one) => shown(asked.face, one)),
        next,
      )
    },
  ),

  operation(
    {
      id: 'createEntry',
      method: 'post',
      path: '/entries',
      tag: 'Entries',
      summary: 'Create an entry',
      description:
        'The handler’s check runs against the live site. A draft may keep internal parameters that are wrong; an entry ' +
        'on sale may not.',
      access: { role: 'operator' },
      body: { schema: newDraft, example: exampleDraft },
      answer: {
        status: 201,
        description: 'The entry, and what the check found.',
        schema: entryWithFindings,
        example: { ...exampleEntry, findings: [] },
      },
      problems: ['conflict'],
    },
    async ({ face, body }) => {
      const { state, ...sent } = body
      const unknown = unknownParameters(face, sent)
      if (unknown.length > 0) return refuse('invalid', { errors: unknown })
      const saved = await saveEntry(face.shop, sent, { state })
      const answered = answerSaved(face, saved)
      if ('problem' in answered) return answered
      return { ...answered, headers: { location: `${root}/entries/${body.code}` } }
    },
  ),

  operation(
    {
      id: 'checkEntry',
      method: 'post',
      path: '/entries/check',
      tag: 'Entries',
      summary: 'Check an entry against the live site, without saving it',
      access: { role: 'operator' },
      key: 'none',
      body: { schema: newDraft, example: exampleDraft },
      answer: {
        description: 'What is wrong, and whether it could be saved or sold.',
        schema: z.object({
          savable: z.boolean(),
          sellable: z.boolean(),
          errors: z.array(z.object({ pointer: z.string(), text })),
          findings: z.array(finding),
        }),
        example: {
          savable: true,
          sellable: false,
          errors: [],
          findings: [
            {
              field: 'course',
              level: 'error',
              text: { en: 'There is no such course.', fr: 'Ce cours n’existe pas.' },
            },
          ],
        },
      },
    },
    async ({ face, body }) => {
      const { state: _state, ...sent } = body
      const kept = await findEntry(face.shop.db, sent.code)
      const unknown = unknownParameters(face, sent)
      const { savable, sellable, errors, findings } = await checkEntry(
        face.shop,
        withSecrets(face, sent, kept),
      )
      const known = unknown.length === 0
      return {
        answer: {
          savable: savable && known,
          sellable: sellable && known,
          errors: [...unknown, ...faultsOfEntry(errors)],
          findings,
        },
      }
    },
  ),

  operation(
    {
      id: 'readEntry',
      method: 'get',
      path: '/entries/{code}',
      tag: 'Entries',
      summary: 'Read an entry',
      access: { role: 'viewer' },
      params: code,
      answer: { description: 'The entry.', schema: entry, example: exampleEntry },
    },
    async ({ face, params }) => {
      const found = await findEntry(face.shop.db, params.code)
      return found ? { answer: shown(face, found) } : refuse('not_found')
    },
  ),

  operation(
    {
      id: 'replaceEntry',
      method: 'put',
      path: '/entries/{code}',
      tag: 'Entries',
      summary: 'Replace an entry: its texts, price, handler, parameters and state',
      description: 'Orders keep their own copy: no sale changes.',
      access: { role: 'operator' },
      params: code,
      body: {
        schema: draft.extend({
          revision: z
            .int()
            .openapi({ description: 'The revision that was read: another one is refused as stale.' }),
        }),
        example: { ...exampleChange, revision: 1 },
      },
      answer: {
        description: 'The entry, and what the check found.',
        schema: entryWithFindings,
        example: { ...exampleEntry, revision: 2, findings: [] },
      },
      problems: ['stale'],
    },
    async ({ face, params, body }) => {
      const { state, revision, ...sent } = body
      const kept = await findEntry(face.shop.db, params.code)
      if (!kept) return refuse('not_found')
      const unknown = unknownParameters(face, { ...sent, code: kept.code })
      if (unknown.length > 0) return refuse('invalid', { errors: unknown })
      const changed = withSecrets(face, { ...sent, code: kept.code }, kept)
      return answerSaved(face, await saveEntry(face.shop, changed, { state, revision }))
    },
  ),
]

const shown = (face: Face, one: Entry) => ({
  ...one,
  internal: hideSecrets(formsOf(face.shop, one).internal, one.internal),
})

/** Internal parameters that the handler doesn't have: one misspelt must not pass for one left out. */
function unknownParameters({ shop }: Face, sent: EntryDraft) {
  const found = handlerOf(shop.registry(), sent)
  if (!found || found === 'missing') return []
  return faultsOfForm('internal', unknownFields(formsOfHandler(found).internal, sent.internal))
}

/** What was sent, with the secrets of the same handler that it left out. */
function withSecrets(face: Face, sent: EntryDraft, kept: Entry | undefined): EntryDraft {
  if (!kept || kept.handler !== sent.handler) return sent
  return { ...sent, internal: keepSecrets(formsOf(face.shop, kept).internal, sent.internal, kept.internal) }
}

function answerSaved(face: Face, saved: SavedEntry): Answered<z.output<typeof entryWithFindings>> | Problem {
  if (saved.ok) return { answer: { ...shown(face, saved.entry), findings: saved.findings } }
  switch (saved.reason) {
    case 'stale':
      return refuse('stale')
    case 'code_taken':
      return refuse('conflict', {
        detail: { en: 'Another entry has this code.', fr: 'Une autre entrée porte ce code.' },
      })
    case 'invalid':
      return refuse('invalid', {
        errors: [
          ...faultsOfEntry(saved.errors),
          ...saved.findings
            .filter((found) => found.level === 'error')
            .map(({ field, text }) => ({
              pointer:
                field === 'parts'
                  ? '/parts'
                  : field === undefined || field === 'handler'
                    ? '/handler'
                    : pointerTo('internal', field),
              text,
            })),
        ],
      })
    default:
      return saved.reason satisfies never
  }
}

const members: Record<string, string> = { price: 'priceCents', vat: 'vatBasisPoints' }

function faultsOfEntry(errors: EntryErrors): Extract<Fault, { pointer: string }>[] {
  return [
    ...Object.entries(errors.entry).map(([field, text]) => ({
      pointer: pointerTo(members[field] ?? field),
      text,
    })),
    ...faultsOfForm('internal', errors.internal),
    // "[2].options[0].label" of parseElements
    ...errors.fields.map(({ path, text }) => ({
      pointer: pointerTo('fields', ...path.split(/[.[\]]+/).filter(Boolean)),
      text,
    })),
  ]
}

const faultsOfForm = (at: string, errors: FormErrors) =>
  Object.entries(errors).map(([field, text]) => ({ pointer: pointerTo(at, ...(field ? [field] : [])), text }))
