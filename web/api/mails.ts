import { z } from '@hono/zod-openapi'
import { findMail, listMails } from '../../shop/list-mails.ts'
import { sendAgain } from '../../shop/send-mail.ts'
import { type Operation, operation } from './operation.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { refuse } from './problem.ts'
import { exampleMoment, exampleNumber, moment, rowId } from './values.ts'

const state = z.enum(['queued', 'sent', 'kept', 'failed'])

const mail = z
  .object({
    id: z.int(),
    orderNumber: z.string().nullable(),
    kind: z.enum([
      'order_placed',
      'order_paid',
      'order_closed',
      'payment_partial',
      'unit_delayed',
      'feedback',
      'product_ending',
      'sign_in',
    ]),
    recipient: z.string(),
    subject: z.string().nullable(),
    state,
    cause: z.string().nullable(),
    createdAt: moment,
    sentAt: moment.nullable(),
  })
  .openapi('Mail')

const example: z.input<typeof mail> = {
  id: 1,
  orderNumber: exampleNumber,
  kind: 'order_paid',
  recipient: 'alice@buyers.example',
  subject: null,
  state: 'failed',
  cause: 'the mail server refused the address',
  createdAt: exampleMoment,
  sentAt: null,
}

/** Mails to customers, and what became of them. */
export const mailOperations: Operation[] = [
  operation(
    {
      id: 'listMails',
      method: 'get',
      path: '/mails',
      tag: 'Mails',
      summary: 'List mails, newest first',
      access: { role: 'viewer' },
      query: pageQuery(rowId).extend({
        state: state.optional(),
        search: z
          .string()
          .max(200)
          .optional()
          .openapi({ description: 'An order’s number, or the start of its customer’s e-mail.' }),
      }),
      answer: {
        description: 'A page of mails.',
        schema: pageOf(mail),
        example: { items: [example], next: null },
      },
    },
    async (asked) => {
      const { limit, after, state, search } = asked.query
      const { mails, next } = await listMails(asked.face.shop.db, { limit, before: after, state, search })
      return answerPage(asked, mails, next)
    },
  ),

  operation(
    {
      id: 'resendMail',
      method: 'post',
      path: '/mails/{id}/resend',
      tag: 'Mails',
      summary: 'Send a mail again that could not be sent',
      access: { role: 'operator' },
      params: z.object({ id: rowId.openapi({ example: 1 }) }),
      answer: {
        description: 'It is queued.',
        schema: z.object({ id: z.int(), state: z.literal('queued') }),
        example: { id: 1, state: 'queued' },
      },
      problems: ['conflict'],
    },
    async ({ face, params }) => {
      if (await sendAgain(face.shop, params.id))
        return { answer: { id: params.id, state: 'queued' as const } }
      return refuse((await findMail(face.shop.db, params.id)) ? 'conflict' : 'not_found')
    },
  ),
]
