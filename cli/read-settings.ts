import { type Config, readConfig } from '../config.ts'
import { StartupError } from '../startup-error.ts'

/** The settings of the environment, under what the command line says instead. Throws a line for each fault. */
export function readSettings(instead: Record<string, string | undefined> = {}): Config {
  const given = Object.fromEntries(Object.entries(instead).filter(([, value]) => value !== undefined))
  const read = readConfig({ ...process.env, ...given })
  if (!read.ok) throw new StartupError(read.errors.join('\n'))
  return read.config
}
