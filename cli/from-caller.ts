import path from 'node:path'

/** Where the person stands who typed the command: it runs in the shop's own folder. */
const caller = process.env.CALLED_FROM ?? ''

/** A path that was typed, seen from where it was typed. */
export const fromCaller = (typed: string): string => path.resolve(caller, typed)

/** A path as it is shown there: short, where it lies below. */
export function shownToCaller(file: string): string {
  const shown = path.relative(caller, file)
  return shown.startsWith('..') || path.isAbsolute(shown) ? file : shown
}
