import { z } from '@hono/zod-openapi'
import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { FieldError } from '../../sdk/form.ts'
import type { Text } from '../../sdk/index.ts'
import { type Locale, preferredLocale } from '../ui/locale.ts'

/** Every kind of refusal of the API: its status, and its title for people. Programs sort by `code`. */
export const problems = {
  malformed: { status: 400, title: { en: 'The request can’t be read', fr: 'La requête est illisible' } },
  key_missing: {
    status: 400,
    title: { en: 'A sound Idempotency-Key is needed', fr: 'Il faut un en-tête Idempotency-Key correct' },
  },
  unauthenticated: {
    status: 401,
    title: { en: 'A valid token is needed', fr: 'Il faut un jeton valide' },
  },
  forbidden: {
    status: 403,
    title: { en: 'This token’s role does not allow it', fr: 'Le rôle de ce jeton ne le permet pas' },
  },
  not_found: { status: 404, title: { en: 'There is no such thing', fr: 'Cela n’existe pas' } },
  method_not_allowed: {
    status: 405,
    title: { en: 'This address does not take this method', fr: 'Cette adresse n’admet pas cette méthode' },
  },
  stale: {
    status: 409,
    title: { en: 'Somebody changed it meanwhile', fr: 'Quelqu’un l’a modifié entre-temps' },
  },
  conflict: {
    status: 409,
    title: { en: 'Its present state does not allow it', fr: 'Son état actuel ne le permet pas' },
  },
  in_progress: {
    status: 409,
    title: { en: 'This very request is being worked on', fr: 'Cette même requête est en cours' },
  },
  too_large: { status: 413, title: { en: 'The request is too large', fr: 'La requête est trop grande' } },
  unsupported_media_type: {
    status: 415,
    title: { en: 'Send application/json', fr: 'Envoyez du application/json' },
  },
  invalid: { status: 422, title: { en: 'Something in it is wrong', fr: 'Quelque chose n’y va pas' } },
  key_reused: {
    status: 422,
    title: {
      en: 'This Idempotency-Key came with another request before',
      fr: 'Cette Idempotency-Key a déjà servi à une autre requête',
    },
  },
  too_many_requests: { status: 429, title: { en: 'Too many requests', fr: 'Trop de requêtes' } },
  internal: {
    status: 500,
    title: { en: 'Something went wrong on our side', fr: 'Une erreur est survenue de notre côté' },
  },
  unavailable: {
    status: 503,
    title: { en: 'Moodle can’t be asked at the moment', fr: 'Moodle ne répond pas pour l’instant' },
  },
} as const satisfies Record<string, { status: number; title: Text }>

export type ProblemCode = keyof typeof problems

/** What is wrong, and where: a JSON pointer (RFC 6901) into the body, or the name of a parameter. */
export type Fault = ({ pointer: string } | { parameter: string }) & { text: Text }

/** What a form found wrong with the field at `path`; of a list of people, each row that is wrong. */
export function faultsAt(path: PropertyKey[], { rows, ...text }: FieldError): Fault[] {
  const ofRows = (rows ?? []).flatMap(({ line, source, errors }) =>
    Object.entries(errors).map(([column, error]): Fault => {
      // a list was sent, or a text: of a text only the whole has a pointer
      if (source === '') return { pointer: pointerTo(...path, line - 1, column), text: error }
      const said = { en: `Line ${line}: ${error.en}`, fr: `Ligne ${line} : ${error.fr}` }
      return { pointer: pointerTo(...path), text: said }
    }),
  )
  return [{ pointer: pointerTo(...path), text }, ...ofRows]
}

/** A refusal, as the API's functions return it. */
export type Problem = {
  problem: ProblemCode
  detail?: Text
  errors?: Fault[]
  headers?: Record<string, string>
}

export const refuse = (problem: ProblemCode, more: Omit<Problem, 'problem'> = {}): Problem => ({
  problem,
  ...more,
})

/** An answer on its way out; `body` is JSON. */
export type Sent = { status: number; headers: Record<string, string>; body: string }

export const problemSchema = z
  .object({
    type: z.url().openapi({ description: 'Where this kind of problem is described.' }),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(problems)).openapi({ description: 'The kind of problem, for programs.' }),
    detail: z.string().optional().openapi({ description: 'What happened this time, for people.' }),
    errors: z
      .array(
        z.object({
          pointer: z
            .string()
            .optional()
            .openapi({ description: 'A JSON pointer into the body of the request.' }),
          parameter: z.string().optional().openapi({ description: 'Or the name of a parameter.' }),
          detail: z.string(),
        }),
      )
      .optional(),
    request: z.string().optional().openapi({ description: 'This very request, as the shop’s log names it.' }),
  })
  .openapi('Problem', {
    description: 'RFC 9457. Texts are in English or French, as Accept-Language asks.',
    example: {
      type: 'https://shop.example/api#problem-invalid',
      title: 'Something in it is wrong',
      status: 422,
      code: 'invalid',
      errors: [{ pointer: '/lines/0/units/1/external/email', detail: 'Please fill this in.' }],
      request: '0b7c1f2e-8c0e-4c58-9d0a-5f5a0f3f1c11',
    },
  })

/** The language of a program's author, from Accept-Language. */
export const localeOf = (c: Context): Locale => preferredLocale(c.req.header('accept-language'))

/** A problem as RFC 9457 has it, in the language of the request. */
export function problemSent(c: Context, { problem, detail, errors, headers = {} }: Problem): Sent {
  const { status, title } = problems[problem]
  const locale = localeOf(c)
  const { origin } = c.var.security ?? { origin: '' }
  return {
    status,
    headers: {
      ...headers,
      'content-type': 'application/problem+json',
      'content-language': locale,
      vary: 'accept-language',
    },
    body: JSON.stringify({
      type: `${origin}/api#problem-${problem}`,
      title: title[locale],
      status,
      code: problem,
      ...(detail && { detail: detail[locale] }),
      ...(errors && { errors: errors.map(({ text, ...where }) => ({ ...where, detail: text[locale] })) }),
      ...(c.var.requestId && { request: c.var.requestId }),
    }),
  }
}

/** Sends an answer. */
export function send(sent: Sent): Response {
  return new Response(sent.body, {
    status: sent.status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...sent.headers },
  })
}

export const sendProblem = (c: Context, problem: Problem): Response => send(problemSent(c, problem))

/**
 * The one place where the API turns an error into an answer. What nobody expected says nothing of its inside: the
 * request log has it, under the id that the answer names.
 */
export const answerError: ErrorHandler = (error, c) => {
  if (!(error instanceof HTTPException)) return sendProblem(c, refuse('internal'))
  switch (error.status) {
    case 400:
      return sendProblem(c, refuse('malformed'))
    case 413:
      return sendProblem(c, refuse('too_large'))
    case 415:
      return sendProblem(c, refuse('unsupported_media_type'))
    default:
      return sendProblem(c, refuse('internal'))
  }
}

/** A JSON pointer of these members and positions. */
export function pointerTo(...path: PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
