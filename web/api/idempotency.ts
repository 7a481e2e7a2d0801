import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Kysely } from 'kysely'
import type { Database } from '../../db/schema.ts'
import { claimKey, freeKey, type KeyedRequest, keepAnswer } from '../../shop/idempotency.ts'
import type { Caller } from './caller.ts'
import { problemSent, refuse, type Sent } from './problem.ts'

/**
 * The header `Idempotency-Key`, see draft-ietf-httpapi-idempotency-key-header. It must be long enough not to be met by
 * chance: without a token, all customers share one space of keys.
 */
export function keyHeader(required: boolean) {
  const key = z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/)
    .openapi({
      description:
        'Names this request, so that it may be sent again: a UUID, or 16 to 200 visible characters without spaces. ' +
        'Within 48 hours the same key with the same request gets the same answer.',
      example: '6f1d3c52-0f0e-4b5e-9a55-0d4a6b2c9f10',
    })
  return required ? key : key.optional()
}

/** Whose keys they are. */
export function callerName(caller: Caller): string {
  switch (caller.kind) {
    case 'program':
      return `token:${caller.program.id}`
    case 'cart':
    case 'order':
      return `${caller.kind}:${createHash('sha256').update(caller.token).digest('base64url')}`
    case 'anyone':
      return 'anyone'
    default:
      return caller satisfies never
  }
}

/**
 * Answers a request once: whoever repeats it gets the same answer, and whoever repeats it meanwhile is told to wait. What
 * breaks (an exception, a status of 500 and more), or comes too often (429), is not kept: the request may be sent again.
 * `answer` gets the name of the request, under which its effects are made once even when this process dies before the
 * answer is kept.
 */
export async function once(
  db: Kysely<Database>,
  c: Context,
  request: KeyedRequest,
  answer: (name: string) => Promise<Sent>,
): Promise<Sent> {
  const claimed = await claimKey(db, request)
  switch (claimed.state) {
    case 'answered':
      return { ...claimed.answer, headers: { ...claimed.answer.headers, 'idempotency-replayed': 'true' } }
    case 'other_request':
      return problemSent(c, refuse('key_reused'))
    case 'in_progress':
      return problemSent(c, refuse('in_progress', { headers: { 'retry-after': '1' } }))
    case 'mine':
      break
    default:
      claimed satisfies never
  }
  let sent: Sent | undefined
  try {
    sent = await answer(`${request.caller}\n${request.key}`)
    return sent
  } finally {
    if (sent && sent.status < 500 && sent.status !== 429) await keepAnswer(db, request, sent)
    else await freeKey(db, request)
  }
}
