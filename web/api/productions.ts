import { z } from '@hono/zod-openapi'
import { findJournal, listProductions, productionsOfOrder } from '../../production/journal.ts'
import {
  endProduction,
  type Operated,
  retryProduction,
  retryStuck,
  retryWaiting,
} from '../../production/operate.ts'
import { composeHands } from '../../shop/compose.ts'
import { formsOfHandler, hideSecrets } from '../../shop/hide-secrets.ts'
import { findOrder } from '../../shop/view-order.ts'
import type { Face } from '../face.ts'
import { type Caller, whoIs } from './caller.ts'
import { type Answered, type Operation, operation } from './operation.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { type Problem, refuse } from './problem.ts'
import { exampleMoment, exampleNumber, moment, orderNumber, orNull, rowId, text, why } from './values.ts'

const state = z.enum([
  'queued',
  'running',
  'retrying',
  'needs_operator',
  'done',
  'refused',
  'skipped',
  'cancelled',
])

const cause = z
  .object({
    kind: z.enum(['outage', 'maintenance', 'token', 'moodle', 'refused', 'wait', 'handler', 'interrupted']),
    message: z.string(),
    code: z.string().optional().openapi({ description: 'Moodle’s own errorcode.' }),
    call: z.string().optional().openapi({ description: 'The web-service function that was called.' }),
  })
  .openapi('Cause')

const production = z
  .object({
    id: z.int(),
    orderNumber: z.string(),
    unitId: z.int(),
    script: z.string(),
    handler: z.string(),
    state,
    attempt: z.int(),
    failures: z.int(),
    cause: orNull(cause),
    dueAt: moment,
    startedAt: moment.nullable(),
    endedAt: moment.nullable(),
    createdAt: moment,
  })
  .openapi('Production')

const journal = production
  .extend({
    worker: z.string().nullable(),
    input: z.unknown().openapi({ description: 'All that the script was given, without its secrets.' }),
    feedback: z
      .object({ shown: text.optional(), mailed: text.optional(), kept: z.string().optional() })
      .nullable(),
    steps: z.array(
      z.object({
        name: z.string(),
        attempt: z.int(),
        result: z.unknown(),
        milliseconds: z.int(),
        at: moment,
      }),
    ),
    failed: z.array(z.object({ attempt: z.int(), at: moment, step: z.string().nullable(), cause })),
  })
  .openapi('Journal')

const exampleCause = {
  kind: 'moodle' as const,
  message: 'The course is gone.',
  code: 'invalidrecord',
  call: 'enrol_manual_enrol_users',
}

const exampleProduction = {
  id: 1,
  orderNumber: exampleNumber,
  unitId: 1,
  script: 'postpay',
  handler: 'std_enroloncourse',
  state: 'needs_operator' as const,
  attempt: 3,
  failures: 3,
  cause: exampleCause,
  dueAt: exampleMoment,
  startedAt: exampleMoment,
  endedAt: null,
  createdAt: exampleMoment,
}

const id = z.object({ id: rowId.openapi({ example: 1 }) })
const decided = {
  description: 'The production as it stands now.',
  schema: production,
  example: { ...exampleProduction, state: 'retrying' as const },
}

/** Productions: one run of one script for one unit, with all that is known of it. */
export const productionOperations: Operation[] = [
  operation(
    {
      id: 'listProductions',
      method: 'get',
      path: '/productions',
      tag: 'Productions',
      summary: 'List productions, newest first',
      access: { role: 'viewer' },
      query: pageQuery(rowId).extend({ state: state.optional() }),
      answer: {
        description: 'A page of productions.',
        schema: pageOf(production),
        example: { items: [exampleProduction], next: null },
      },
    },
    async (asked) => {
      const { limit, after, state } = asked.query
      const { productions, next } = await listProductions(asked.face.shop.db, { limit, before: after, state })
      return answerPage(asked, productions, next)
    },
  ),

  operation(
    {
      id: 'listProductionsOfOrder',
      method: 'get',
      path: '/orders/{number}/productions',
      tag: 'Productions',
      summary: 'List the productions of an order',
      access: { role: 'viewer' },
      params: z.object({ number: orderNumber.openapi({ example: exampleNumber }) }),
      answer: {
        description: 'The productions, oldest first.',
        schema: z.object({ items: z.array(production) }),
        example: { items: [exampleProduction] },
      },
    },
    async ({ face, params }) => {
      const order = await findOrder(face.shop.db, params.number)
      return order
        ? { answer: { items: await productionsOfOrder(face.shop.db, order.id) } }
        : refuse('not_found')
    },
  ),

  operation(
    {
      id: 'readProduction',
      method: 'get',
      path: '/productions/{id}',
      tag: 'Productions',
      summary: 'Read a production with its journal',
      access: { role: 'viewer' },
      params: id,
      answer: {
        description: 'The production, its steps, and what went wrong attempt by attempt.',
        schema: journal,
        example: {
          ...exampleProduction,
          worker: 'shop-1:4321',
          input: { internal: { course: 12 }, external: { email: 'leo@learners.example' } },
          feedback: null,
          steps: [
            {
              name: 'account',
              attempt: 1,
              result: { id: 42, created: true },
              milliseconds: 35,
              at: exampleMoment,
            },
          ],
          failed: [{ attempt: 3, at: exampleMoment, step: 'access', cause: exampleCause }],
        },
      },
    },
    async ({ face, params }) => {
      const found = await findJournal(face.shop.db, params.id)
      if (!found) return refuse('not_found')
      return { answer: { ...found, input: withoutSecrets(face, found.handler, found.input) } }
    },
  ),

  operation(
    {
      id: 'retryProduction',
      method: 'post',
      path: '/productions/{id}/retry',
      tag: 'Productions',
      summary: 'Run a production again now',
      description: 'Its finished steps are not repeated.',
      access: { role: 'operator' },
      params: id,
      answer: decided,
      problems: ['conflict'],
    },
    async ({ face, params }) =>
      await answerOperated(face, params.id, await retryProduction(composeHands(face.shop), params.id)),
  ),

  operation(
    {
      id: 'retryProductions',
      method: 'post',
      path: '/productions/retry',
      tag: 'Productions',
      summary: 'Run again all that waits for the site, or all that needs an operator',
      access: { role: 'operator' },
      body: {
        schema: z.object({ which: z.enum(['waiting_for_site', 'needs_operator']) }),
        example: { which: 'waiting_for_site' },
      },
      answer: {
        description: 'How many run again.',
        schema: z.object({ retried: z.int() }),
        example: { retried: 12 },
      },
    },
    async ({ face, body }) => {
      const retry = body.which === 'needs_operator' ? retryStuck : retryWaiting
      return { answer: { retried: await retry(composeHands(face.shop)) } }
    },
  ),

  operation(
    {
      id: 'skipProduction',
      method: 'post',
      path: '/productions/{id}/skip',
      tag: 'Productions',
      summary: 'Skip a production: it was done by hand, or isn’t needed',
      access: { role: 'operator' },
      params: id,
      body: { schema: z.object({ why }), example: { why: 'enrolled by hand' } },
      answer: { ...decided, example: { ...exampleProduction, state: 'skipped' } },
      problems: ['conflict'],
    },
    async ({ face, caller, params, body }) => await end(face, caller, params.id, 'skipped', body.why),
  ),

  operation(
    {
      id: 'cancelProduction',
      method: 'post',
      path: '/productions/{id}/cancel',
      tag: 'Productions',
      summary: 'Cancel a production: it won’t be done',
      description: 'The price of a unit that was paid becomes money to give back.',
      access: { role: 'operator' },
      params: id,
      body: { schema: z.object({ why }), example: { why: 'the course no longer exists' } },
      answer: { ...decided, example: { ...exampleProduction, state: 'cancelled' } },
      problems: ['conflict'],
    },
    async ({ face, caller, params, body }) => await end(face, caller, params.id, 'cancelled', body.why),
  ),
]

async function end(face: Face, caller: Caller, id: number, state: 'skipped' | 'cancelled', why: string) {
  return await answerOperated(
    face,
    id,
    await endProduction(composeHands(face.shop), id, { state, who: whoIs(caller), why }),
  )
}

async function answerOperated(
  face: Face,
  id: number,
  operated: Operated,
): Promise<Answered<z.output<typeof production>> | Problem> {
  const found = await findJournal(face.shop.db, id)
  if (!found) return refuse('not_found')
  if (operated.ok) return { answer: found }
  return refuse('conflict', {
    detail: {
      en: 'The production has moved on meanwhile: it is running, or has ended.',
      fr: 'La production a avancé entre-temps : elle est en cours, ou terminée.',
    },
  })
}

/** The input of a script as it may be shown. */
function withoutSecrets(face: Face, handler: string, input: unknown): unknown {
  const found = face.shop.registry().handlers.get(handler)
  if (!found || !isRecord(input)) return input
  const forms = formsOfHandler(found)
  const { internal, external } = input
  return {
    ...input,
    ...(isRecord(internal) && { internal: hideSecrets(forms.internal, internal) }),
    ...(isRecord(external) && { external: hideSecrets(forms.external, external) }),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
