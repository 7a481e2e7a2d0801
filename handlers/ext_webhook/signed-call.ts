import { createHmac } from 'node:crypto'
import { Refused, RetryLater, type Text } from 'boutique/sdk'

export type SignedCall = {
  url: string
  secret: string
  timeoutSeconds: number
  /** The same for every try: the service can tell a repetition by it. */
  idempotencyKey: string
  payload: Record<string, unknown>
  signal: AbortSignal
}

/** Bytes of an answer: more is no answer to us. */
const mostBytes = 65_536

/**
 * POSTs a payload as signed JSON and returns what the service answered, as a text. Throws `RetryLater` when the service
 * says when to come again, `Refused` (an operator is asked at once) for what no retry can mend, and errors otherwise.
 */
export async function signedCall(call: SignedCall): Promise<string> {
  const { url, timeoutSeconds, idempotencyKey, signal } = call
  const body = JSON.stringify(call.payload)
  const late = AbortSignal.timeout(timeoutSeconds * 1000)
  try {
    const reply = await fetch(url, {
      method: 'POST',
      body,
      headers: {
        'Content-Type': 'application/json',
        'Boutique-Signature': sign(body, call.secret),
        'Idempotency-Key': idempotencyKey,
      },
      redirect: 'manual',
      signal: AbortSignal.any([signal, late]),
    })
    const text = await readText(reply)
    judge(reply, text)
    return text
  } catch (error) {
    if (late.aborted)
      throw new Error(`the service did not answer within ${timeoutSeconds} s`, { cause: error })
    if (error instanceof TypeError) {
      throw new Error(`the service can't be reached: ${reasonOf(error)}`, { cause: error })
    }
    throw error
  }
}

/** `t=<Unix seconds>,v1=<hex>`: the HMAC-SHA256 of `<t>.<body>`. */
export function sign(body: string, secret: string, at = Date.now()): string {
  const seconds = Math.floor(at / 1000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

async function readText(reply: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of reply.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > mostBytes) throw new Error(`the service answered with more than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Throws for every answer but a good one. */
function judge({ status, headers, ok }: Response, text: string): void {
  if (ok) return
  const said = text.trim() ? `: ${text.trim().slice(0, 300)}` : ''
  const wait = status === 429 || status === 503 ? secondsOf(headers.get('retry-after')) : undefined
  if (wait !== undefined) throw new RetryLater(wait, `the service answered ${status}${said}`)
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    throw new Error(`the service answered ${status}${said}`)
  }
  throw new Refused(status >= 400 ? rejected(status, said) : redirected(status, headers.get('location')))
}

const rejected = (status: number, said: string): Text => ({
  en: `The service refused the call with status ${status}${said}`,
  fr: `Le service a refusé l’appel avec le statut ${status}${said}`,
})

const redirected = (status: number, location: string | null): Text => ({
  en: `The service answered ${status} and sent us to ${location ?? 'nowhere'}: give its final address on the entry.`,
  fr: `Le service a répondu ${status} et renvoie vers ${location ?? 'nulle part'} : indiquez son adresse définitive sur l’entrée.`,
})

/** Of a Retry-After header: seconds, or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(1, Math.ceil((at - Date.now()) / 1000))
}

/** `fetch` says only that it failed: why is in its cause. */
function reasonOf(error: TypeError): string {
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message
}
