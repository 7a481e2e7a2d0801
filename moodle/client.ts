import { z } from 'zod'
import { MoodleError, type MoodleErrorKind } from '../sdk/index.ts'
import { createBreaker } from './breaker.ts'
import { encodeForm } from './form.ts'
import { createLimit, type Limit } from './limit.ts'
import { createPost, PostError } from './post.ts'
import { maybeThisCallOnly, readReply, unreachable } from './reply.ts'

export type Call = <T>(
  wsfunction: string,
  params: Record<string, unknown>,
  reply: z.ZodType<T>,
  options?: { signal?: AbortSignal },
) => Promise<T>

export type Client = {
  /** Calls a web-service function when a slot is free. Throws a `MoodleError`, or the signal's reason. */
  call: Call
  /** The same for who holds a slot of `limit` already: `coalesce` fills its batches when its slot comes. */
  callNow: Call
  limit: Limit
  /** Calls whatever the breaker says, waiting for no slot, and tells the breaker how it went. */
  probe: Call
  /** What keeps calls away from the site; undefined while they pass. */
  trouble(): MoodleError | undefined
  close(): void
}

type Asked<T> = {
  wsfunction: string
  params: Record<string, unknown>
  reply: z.ZodType<T>
  signal: AbortSignal | undefined
}

const siteInfoFunction = 'core_webservice_get_site_info'

/**
 * Errors that pass by themselves, so that the call is made once more: a parallel duplicate of an enrolment may answer
 * the first though one row is right.
 */
const passing = new Set(['dmlwriteexception', 'http500'])

/**
 * A client of one Moodle site's REST web services. `url` has no trailing slash; `concurrency` calls are under way at a
 * time. `onChange` hears the first answer, and when trouble begins, changes its kind and ends. The token goes nowhere but into the calls.
 */
export function createClient(options: {
  url: string
  token: string
  concurrency?: number
  timeoutMs?: number
  onChange?: (trouble: MoodleError | undefined) => void
  /** Asked before a call is kept away: true when someone else has seen the site answer since. */
  recovered?: () => Promise<boolean>
}): Client {
  const { url, token, concurrency = 4, timeoutMs = 30_000, onChange, recovered } = options
  const limit = createLimit(concurrency)
  const breaker = createBreaker()
  // One connection more than slots, so that a probe never waits.
  const post = createPost(new URL(`${url}/webservice/rest/server.php`), {
    timeoutMs,
    connections: concurrency + 1,
  })
  const { host } = new URL(url)
  let told: MoodleErrorKind | 'none' | undefined

  async function exchange<T>({ wsfunction, params, reply, signal }: Asked<T>): Promise<T> {
    const form = encodeForm({ wstoken: token, wsfunction, moodlewsrestformat: 'json', ...params })
    const answer = await post(form, signal).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw error instanceof PostError ? unreachable(wsfunction, host, error) : error
    })
    try {
      return readReply(wsfunction, answer, reply)
    } catch (error) {
      // Moodle with debugging on may repeat what it was given.
      if (!(error instanceof MoodleError) || !error.message.includes(token)) throw error
      throw new MoodleError(error.message.replaceAll(token, '…'), error)
    }
  }

  const siteAnswers = (signal: AbortSignal | undefined) =>
    exchange({
      wsfunction: siteInfoFunction,
      params: {},
      reply: z.object({ sitename: z.string() }),
      signal,
    }).then(
      () => true,
      () => false,
    )

  /**
   * One broken call must not keep all others waiting: where a failure doesn't tell whether the site is broken or only
   * this call, the site is asked for something simple. If it answers, the failure is the call's own.
   */
  async function exchangeSorted<T>(asked: Asked<T>, repeated = false): Promise<T> {
    try {
      return await exchange(asked)
    } catch (error) {
      if (!(error instanceof MoodleError)) throw error
      const { wsfunction, signal } = asked
      const why = error.kind === 'request' ? undefined : maybeThisCallOnly.get(error.code)
      const itself = why !== undefined && wsfunction !== siteInfoFunction && (await siteAnswers(signal))
      signal?.throwIfAborted()
      if (!repeated && passing.has(error.code) && (itself || error.kind === 'request')) {
        return exchangeSorted(asked, true)
      }
      if (!itself) throw error
      const details = { kind: 'request', code: error.code, call: wsfunction } as const
      throw new MoodleError(`${wsfunction}: ${why}`, details, { cause: error })
    }
  }

  async function guarded<T>(asked: Asked<T>, probe: boolean): Promise<T> {
    if (!probe && breaker.trouble() && (await recovered?.())) breaker.close()
    const pass = breaker.enter(asked.wsfunction, Date.now(), { probe })
    const answered = () => {
      pass.answered()
      tell('none')
    }
    try {
      const result = await exchangeSorted(asked)
      answered()
      return result
    } catch (error) {
      if (!(error instanceof MoodleError)) pass.dropped()
      else if (error.kind === 'request') answered()
      else {
        pass.failed(error, Date.now())
        const trouble = breaker.trouble()
        if (trouble) tell(trouble.kind)
      }
      throw error
    }
  }

  function tell(news: MoodleErrorKind | 'none') {
    if (news === told) return
    told = news
    onChange?.(breaker.trouble())
  }

  const calling =
    (probe: boolean): Call =>
    (wsfunction, params, reply, { signal } = {}) =>
      guarded({ wsfunction, params, reply, signal }, probe)
  const callNow = calling(false)

  return {
    call: (wsfunction, params, reply, given = {}) =>
      limit(() => callNow(wsfunction, params, reply, given), given.signal),
    callNow,
    limit,
    probe: calling(true),
    trouble: breaker.trouble,
    close: post.close,
  }
}
