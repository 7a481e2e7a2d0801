import pg from 'pg'
import { StartupError } from '../startup-error.ts'

/** Why a command failed, for the person who typed it: one sentence where the cause is known, else all there is. */
export function explain(error: unknown): string {
  // What failed while things were being closed hides what failed first.
  if (error instanceof SuppressedError) return explain(error.suppressed)
  if (error instanceof AggregateError && error.errors.length > 0) return explain(error.errors[0])
  if (error instanceof StartupError) return error.message
  if (!(error instanceof Error)) return `Unknown failure: ${String(error)}`
  if (error instanceof pg.DatabaseError) return `The database refused: ${error.message} (${error.code}).`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code.startsWith('ERR_PARSE_ARGS'))
    return `${firstSentence(error.message)} "npx boutique help" has the commands.`
  if ('hostname' in error && (code === 'ENOTFOUND' || code === 'EAI_AGAIN')) {
    return `The name ${error.hostname} has no address: correct it (HOST, if that is where the shop is to listen), or the network.`
  }
  if (code === 'EADDRNOTAVAIL' && 'address' in error) {
    return `${error.address} is no address of this machine: set HOST to one that is, or to 0.0.0.0 for all.`
  }
  if ('syscall' in error && error.syscall === 'listen' && 'port' in error) {
    const why =
      code === 'EADDRINUSE'
        ? 'is taken: stop what uses it'
        : code === 'EACCES'
          ? 'may not be used by this user: let them'
          : `can't be listened on (${code}): mend that`
    return `Port ${error.port} ${why}, or set PORT to another; the sandbox takes the next one.`
  }
  const file = 'path' in error && typeof error.path === 'string' ? error.path : undefined
  if (file && (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')) {
    return `${file} can't be used by this user (${code}): give it to them, or set DATA_DIR to another folder.`
  }
  if (code === 'ENOSPC') return 'The disk is full: make room, then try again.'
  return `This is a fault of the shop itself: ${error.stack ?? error.message}`
}

const firstSentence = (text: string) => `${text.split('. ')[0]?.replace(/\.$/, '')}.`
