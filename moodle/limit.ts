/** Runs `work` when a slot is free, first come first served. Rejects with the signal's reason if it aborts before. */
export type Limit = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/** At most `slots` works at a time. */
export function createLimit(slots: number): Limit {
  const waiting = new Set<() => void>()
  let free = slots

  const leave = () => {
    const [next] = waiting
    if (!next) {
      free++
      return
    }
    // The slot passes from hand to hand: nobody who comes later can take it first.
    waiting.delete(next)
    next()
  }

  return async (work, signal) => {
    signal?.throwIfAborted()
    if (free > 0) free--
    else await turn(waiting, signal)
    try {
      return await work()
    } finally {
      leave()
    }
  }
}

function turn(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const enter = () => {
      signal?.removeEventListener('abort', giveUp)
      resolve()
    }
    const giveUp = () => {
      waiting.delete(enter)
      reject(signal?.reason)
    }
    waiting.add(enter)
    signal?.addEventListener('abort', giveUp, { once: true })
  })
}
