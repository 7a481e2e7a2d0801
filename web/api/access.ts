import { z } from '@hono/zod-openapi'
import { listApiTokens, listOperators, revokeApiToken } from '../../shop/operator.ts'
import { type Operation, operation } from './operation.ts'
import { refuse } from './problem.ts'
import { exampleMoment, moment, rowId } from './values.ts'

const role = z.enum(['admin', 'operator', 'viewer'])

const operatorAnswer = z
  .object({ id: z.int(), email: z.string(), name: z.string(), role, disabledAt: moment.nullable() })
  .openapi('Operator')

/** Who may do what. Tokens are made in the office and on the command line, never here. */
export const accessOperations: Operation[] = [
  operation(
    {
      id: 'readCaller',
      method: 'get',
      path: '/me',
      tag: 'Access',
      summary: 'Read whom this token acts for, and with which role',
      access: { role: 'viewer' },
      answer: {
        description: 'The program: the lesser of its own role and its operator’s counts.',
        schema: z.object({ program: z.string(), operator: z.string(), role }),
        example: { program: 'bank import', operator: 'compta@atelier.example', role: 'operator' },
      },
    },
    async ({ caller }) => {
      if (caller.kind !== 'program') return refuse('unauthenticated')
      const { name, operator } = caller.program
      return { answer: { program: name, operator: operator.email, role: operator.role } }
    },
  ),

  operation(
    {
      id: 'listOperators',
      method: 'get',
      path: '/operators',
      tag: 'Access',
      summary: 'List the operators',
      access: { role: 'admin' },
      answer: {
        description: 'All operators, by e-mail.',
        schema: z.object({ items: z.array(operatorAnswer) }),
        example: {
          items: [
            { id: 1, email: 'compta@atelier.example', name: 'Camille', role: 'operator', disabledAt: null },
          ],
        },
      },
    },
    async ({ face }) => ({ answer: { items: await listOperators(face.shop.db) } }),
  ),

  operation(
    {
      id: 'listTokens',
      method: 'get',
      path: '/tokens',
      tag: 'Access',
      summary: 'List the tokens of programs that work',
      access: { role: 'admin' },
      answer: {
        description: 'All tokens, never the secrets themselves.',
        schema: z.object({
          items: z.array(
            z
              .object({
                id: z.int(),
                name: z.string(),
                role,
                email: z.string().openapi({ description: 'Of the operator that it acts for.' }),
                createdAt: moment,
                lastUsedAt: moment.nullable(),
              })
              .openapi('Token'),
          ),
        }),
        example: {
          items: [
            {
              id: 1,
              name: 'bank import',
              role: 'operator',
              email: 'compta@atelier.example',
              createdAt: exampleMoment,
              lastUsedAt: exampleMoment,
            },
          ],
        },
      },
    },
    async ({ face }) => ({ answer: { items: await listApiTokens(face.shop.db) } }),
  ),

  operation(
    {
      id: 'revokeToken',
      method: 'post',
      path: '/tokens/{id}/revoke',
      tag: 'Access',
      summary: 'Revoke a token at once',
      access: { role: 'admin' },
      params: z.object({ id: rowId.openapi({ example: 1 }) }),
      answer: {
        description: 'It no longer works.',
        schema: z.object({ id: z.int(), state: z.literal('revoked') }),
        example: { id: 1, state: 'revoked' },
      },
    },
    async ({ face, params }) =>
      (await revokeApiToken(face.shop.db, params.id))
        ? { answer: { id: params.id, state: 'revoked' as const } }
        : refuse('not_found'),
  ),
]
