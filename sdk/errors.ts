import type { Text } from './text.ts'

/** Tells the customer no. In `prepay` the order is refused and nothing is paid; it is never retried. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly text: Text

  constructor(text: Text) {
    super(text.en)
    this.text = text
  }
}

/** Waits, then runs the script again; its finished steps are not repeated. It counts as no failure. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  /** Seconds to wait. */
  readonly after: number

  constructor(after: number, why = 'the script asked to be run again later', options?: ErrorOptions) {
    super(why, options)
    this.after = after
  }
}
