import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Caller } from './define-function.ts'
import { Failure } from './failure.ts'
import { findFunction } from './functions.ts'
import type { Form } from './read-form.ts'
import { readState, type State, writeState } from './state.ts'

const form: z.ZodType<Form> = z.lazy(() => z.record(z.string(), z.union([z.string(), form])))

const entry = z.object({
  at: z.int(),
  caller: z.enum(['shop', 'admin', 'plain']),
  function: z.string(),
  form,
})

export type Entry = { at: number; caller: Caller; function: string; form: Form }

export type Journal = { write(entry: Entry): void; close(): void }

/** Past this many calls the journal is rewritten as one snapshot. Reading 5,000 back takes about 0.1 s. */
const longest = 5000

/**
 * Opens the journal at `path`: its first line is a snapshot of the site, each other one a call that changed it.
 * Runs the calls again, so that the state is as it was, ids included. A new journal starts from `fresh()`.
 * A line that can't be read (a write torn by a crash) is dropped with a warning. Throws when there is no snapshot.
 */
export function openJournal(
  path: string,
  { fresh, url, warn }: { fresh: () => State; url: string; warn: (message: string) => void },
): { state: State; journal: Journal } {
  mkdirSync(dirname(path), { recursive: true })
  const [snapshot, ...lines] = readLines(path)
  const state = snapshot === undefined ? fresh() : readSnapshot(path, snapshot)
  let dropped = 0
  for (const line of lines) if (!runAgain(state, url, line)) dropped += 1
  if (dropped > 0) warn(`${path}: ${dropped} of ${lines.length} calls could not be read back; dropped.`)
  if (snapshot === undefined || dropped > 0 || lines.length > longest) {
    writeFileSync(`${path}.new`, `${writeState(state)}\n`)
    renameSync(`${path}.new`, path)
  }
  const file = openSync(path, 'a')
  return {
    state,
    journal: {
      write: (written) => appendFileSync(file, `${JSON.stringify(withoutPasswords(written))}\n`),
      close: () => closeSync(file),
    },
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function readSnapshot(path: string, line: string): State {
  try {
    const state = readState(line)
    if (state.users instanceof Map) return state
  } catch (cause) {
    throw new Error(`${path} is no journal of the sandbox: move it away to start anew.`, { cause })
  }
  throw new Error(`${path} is no journal of the sandbox: move it away to start anew.`)
}

/** False when the line can't be read or the call no longer succeeds. */
function runAgain(state: State, url: string, line: string): boolean {
  try {
    const { at, caller, function: name, form } = entry.parse(JSON.parse(line))
    findFunction(state.release, name)?.run({ state, caller, now: at, url }, form)
    return true
  } catch (error) {
    if (error instanceof Failure || error instanceof SyntaxError || error instanceof z.ZodError) return false
    throw error
  }
}

/** The sandbox keeps nobody's password. What stands in for one passes the site's rules when it is read back. */
function withoutPasswords(written: Entry): Entry {
  if (!written.function.startsWith('core_user_')) return written
  const text = JSON.stringify(written.form, (key, value) => (key === 'password' ? 'Hidden-1' : value))
  return { ...written, form: JSON.parse(text) }
}
