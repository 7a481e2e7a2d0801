import type { Text } from './text.ts'

/**
 * Tells the customer no. In `prepay` the order is refused and nothing is paid; it is never retried.
 * @example throw new Refused({ en: 'The session is full.', fr: 'La session est complète.' })
 */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly text: Text

  constructor(text: Text) {
    // Whoever writes without types finds out at once, and no customer reads "undefined".
    if (![text?.en, text?.fr].every((one) => typeof one === 'string' && one !== ''))
      throw new TypeError('Refused takes a text in English and in French: { en, fr }')
    super(text.en)
    this.text = text
  }
}

/**
 * Waits, then runs the script again; its finished steps are not repeated. It counts as no failure.
 * @example if (reply.status === 503) throw new RetryLater(60)
 */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  /** Seconds to wait. */
  readonly after: number

  constructor(after: number, why = 'the script asked to be run again later', options?: ErrorOptions) {
    super(why, options)
    this.after = after
  }
}
