import { z } from '@hono/zod-openapi'
import { faultKinds, lastReconciliation, listDifferences } from '../../shop/list-differences.ts'
import { repairDifferences, startReconciliation } from '../../shop/reconcile.ts'
import { sayDifference, sayPlace } from '../../shop/say-difference.ts'
import { whoIs } from './caller.ts'
import { type Operation, operation } from './operation.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { refuse } from './problem.ts'
import { exampleMoment, moment, rowId, text } from './values.ts'

const kind = z.enum(faultKinds)

const reconciliation = z
  .object({
    id: z.int(),
    state: z.enum(['running', 'done', 'failed']),
    total: z.int().openapi({ description: 'Enrolments and memberships to compare.' }),
    checked: z.int().openapi({ description: 'Those compared so far.' }),
    differences: z.int(),
    repairs: z.object({ asked: z.int(), repaired: z.int(), refused: z.int() }),
    cause: z.string().nullable().openapi({ description: 'Why it failed, or what it waits for.' }),
    startedAt: moment,
    endedAt: moment.nullable(),
  })
  .openapi('Reconciliation')

const example: z.input<typeof reconciliation> = {
  id: 3,
  state: 'done',
  total: 1200,
  checked: 1200,
  differences: 1,
  repairs: { asked: 0, repaired: 0, refused: 0 },
  cause: null,
  startedAt: exampleMoment,
  endedAt: exampleMoment,
}

const difference = z
  .object({
    id: z.int(),
    kinds: z.array(kind),
    place: text,
    course: z.int().nullable(),
    user: z.int().nullable().openapi({
      description:
        'Moodle user id. Null: the course or cohort could not be read, and there is nothing to repair.',
    }),
    says: z.array(text).openapi({ description: 'What is not as it should be, and why that may be.' }),
    products: z.array(z.string()).openapi({ description: 'References of the products that give this.' }),
    repair: z.enum(['asked', 'repaired', 'refused']).nullable(),
    repairedAt: moment.nullable(),
    trouble: z.string().nullable().openapi({ description: 'Why Moodle refused the repair.' }),
  })
  .openapi('Difference')

const exampleDifference: z.input<typeof difference> = {
  id: 12,
  kinds: ['missing'],
  place: { en: 'course 12', fr: 'cours 12' },
  course: 12,
  user: 41,
  says: [{ en: 'Not enrolled in Moodle.', fr: 'Pas inscrit·e dans Moodle.' }],
  products: ['4K7Q-2MXA-9D0P-ZZT3'],
  repair: null,
  repairedAt: null,
  trouble: null,
}

/** The comparison of products with the site, and its repairs. */
export const reconciliationOperations: Operation[] = [
  operation(
    {
      id: 'startReconciliation',
      method: 'post',
      path: '/reconciliations',
      tag: 'Site',
      summary: 'Compare all that products give with what Moodle shows',
      description:
        'A worker does it; it changes nothing. One at a time: the one under way is answered if there is one.',
      access: { role: 'operator' },
      answer: {
        description: 'The reconciliation. `fresh`: whether this request has started it.',
        schema: z.object({ id: z.int(), fresh: z.boolean() }),
        example: { id: 3, fresh: true },
      },
    },
    async ({ face, caller }) => ({ answer: await startReconciliation(face.shop, { who: whoIs(caller) }) }),
  ),

  operation(
    {
      id: 'readReconciliation',
      method: 'get',
      path: '/reconciliations/last',
      tag: 'Site',
      summary: 'Read how far the last reconciliation is, and what it found',
      access: { role: 'viewer' },
      answer: { description: 'The last one, be it under way or over.', schema: reconciliation, example },
      problems: ['not_found'],
    },
    async ({ face }) => {
      const last = await lastReconciliation(face.shop.db, face.shop.site.site)
      return last ? { answer: last } : refuse('not_found')
    },
  ),

  operation(
    {
      id: 'listDifferences',
      method: 'get',
      path: '/reconciliations/last/differences',
      tag: 'Site',
      summary: 'List what the last reconciliation found',
      access: { role: 'viewer' },
      query: pageQuery(rowId).extend({
        kind: kind.optional(),
        repaired: z.enum(['true', 'false']).optional(),
      }),
      answer: {
        description: 'A page of differences.',
        schema: pageOf(difference),
        example: { items: [exampleDifference], next: null },
      },
    },
    async (asked) => {
      const { db, site } = asked.face.shop
      const { repaired, ...page } = asked.query
      const listed = await listDifferences(db, site.site, {
        ...page,
        ...(repaired && { repaired: repaired === 'true' }),
      })
      const items = listed.differences.map((one) => ({
        ...one,
        kinds: one.faults.map((fault) => fault.kind),
        place: sayPlace(one),
        says: sayDifference(one),
        products: one.products.map(({ reference }) => reference),
      }))
      return answerPage(asked, items, listed.next)
    },
  ),

  operation(
    {
      id: 'repairDifferences',
      method: 'post',
      path: '/reconciliations/last/repairs',
      tag: 'Site',
      summary: 'Have Moodle told again what products give, where it differs',
      description:
        'A worker does it. What was asked for or repaired before, and what could not be read, is left out.',
      access: { role: 'operator' },
      body: {
        schema: z.union([
          z.object({ differences: z.array(z.int()).min(1).max(1000) }),
          z.object({ kind }),
          z.object({ all: z.literal(true) }),
        ]),
        example: { differences: [12] },
      },
      answer: {
        description: 'How many repairs are asked for.',
        schema: z.object({ asked: z.int() }),
        example: { asked: 1 },
      },
    },
    async ({ face, caller, body }) => {
      const which = 'differences' in body ? body.differences : 'kind' in body ? { kind: body.kind } : 'all'
      return { answer: { asked: await repairDifferences(face.shop, which, { who: whoIs(caller) }) } }
    },
  ),
]
