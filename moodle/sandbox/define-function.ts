import type { z } from 'zod'
import { invalidParameter } from './failure.ts'
import type { Form } from './read-form.ts'
import type { State } from './state.ts'

/**
 * Whose token a call carries. `shop`: what the shop's service account may do, as on the recorded sites.
 * `admin`: the site's administrator. `plain`: an account without any rights.
 */
export type Caller = 'shop' | 'admin' | 'plain'

export type Call = {
  state: State
  caller: Caller
  /** Unix seconds. A call read back from the journal runs at the time that it was first made. */
  now: number
  /** The site's address, without a trailing slash. */
  url: string
}

export type SandboxFunction = {
  /** Successful calls are kept in the journal. */
  writes: boolean
  /** Throws a `Failure` before it has changed anything, or else does all of its work. */
  run: (call: Call, form: Form) => unknown
}

/** A web-service function: its parameters, and what it does. Returns what Moodle returns; void functions `null`. */
export function defineFunction<S extends z.ZodType>(definition: {
  parameters: S
  writes?: true
  run: (call: Call, parameters: z.output<S>) => unknown
}): SandboxFunction {
  return {
    writes: definition.writes ?? false,
    run(call, form) {
      const parameters = definition.parameters.safeParse(form)
      if (!parameters.success) throw invalidParameter()
      return definition.run(call, parameters.data)
    },
  }
}
